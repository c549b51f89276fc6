/** Who calls it: all loops. The attempts that this operator holds; every change is in the journal before it is visible. */
import type { Hex } from "viem";
import type { SignedAssignment } from "../../protocol/http";
import type { Clock } from "../clock";
import type { ClaimIntent, Journal, TaskRow } from "../journal/journal";
import { isDead, type HeldTask, type Holding, type Phase } from "./phase";

export interface Holdings {
  all(): Holding[];
  find(workflow: number, root: string): Holding | undefined;
  /** A held attempt, by its fencing number. */
  task(workflow: number, task: number, attempt: number): HeldTask | undefined;
  add(signed: SignedAssignment): Holding;
  setClaim(holding: Holding, claim: ClaimIntent): void;
  /** Moves a task on. Ignored when it is dead already: what is dead stays dead. @returns whether it moved */
  move(task: HeldTask, phase: Phase, changes?: Partial<HeldTask>): boolean;
  /** Changes a task's fields without moving it. */
  update(task: HeldTask, changes: Partial<HeldTask>): void;
  /** Nothing is left to do about it. */
  close(holding: Holding): void;
}

const keyOf = (workflow: number, root: string) => `${workflow}:${root.toLowerCase()}`;

function toHeld(row: TaskRow, now: number): HeldTask {
  const phase = row.phase as Phase;
  return {
    ...row,
    // A run does not survive its operator: it starts again.
    phase: phase === "running" ? "queued" : phase,
    verdict: row.verdict as HeldTask["verdict"],
    progress: phase === "queued" || phase === "running" ? 0 : 1,
    committableSince: now,
  };
}

/** Reads what the journal holds, so that a restart goes on where the last life ended. */
export function createHoldings(journal: Journal, clock: Clock): Holdings {
  const holdings = new Map<string, Holding>();
  for (const { signed, claim } of journal.openAssignments()) {
    const rows = journal.tasksOf(signed.workflow, signed.root as Hex);
    const tasks = rows.map((row) => toHeld(row, clock.now()));
    holdings.set(keyOf(signed.workflow, signed.root), { signed, claim, tasks });
  }
  const save = (task: HeldTask) => journal.saveTask(task);

  return {
    all: () => [...holdings.values()],
    find: (workflow, root) => holdings.get(keyOf(workflow, root)),
    task(workflow, index, attempt) {
      for (const { tasks } of holdings.values())
        for (const task of tasks)
          if (task.workflow === workflow && task.task === index && task.attempt === attempt)
            return task;
      return undefined;
    },
    add(signed) {
      journal.addAssignment(signed);
      const root = signed.root as Hex;
      const rows = journal.tasksOf(signed.workflow, root);
      const holding: Holding = {
        signed,
        claim: "wanted",
        tasks: rows.map((row) => toHeld(row, clock.now())),
      };
      holdings.set(keyOf(signed.workflow, root), holding);
      return holding;
    },
    setClaim(holding, claim) {
      if (holding.claim === claim) return;
      journal.setClaim(holding.signed.workflow, holding.signed.root as Hex, claim);
      holding.claim = claim;
    },
    move(task, phase, changes = {}) {
      if (isDead(task.phase)) return false;
      save({ ...task, ...changes, phase });
      Object.assign(task, changes, { phase });
      return true;
    },
    update(task, changes) {
      save({ ...task, ...changes });
      Object.assign(task, changes);
    },
    close({ signed }) {
      journal.closeAssignment(signed.workflow, signed.root as Hex);
      holdings.delete(keyOf(signed.workflow, signed.root));
    },
  };
}
