/** Who calls it: all loops. The attempts that this operator holds; every change is in the journal before it is visible. */
import type { Hex } from "viem";
import type { SignedAssignment } from "../../protocol/http";
import type { Clock } from "../clock";
import type { AssignmentRow, ClaimIntent, Journal, TaskRow } from "../journal/journal";
import { isDead, isUndecided, type HeldTask, type Holding, type Phase } from "./phase";

export interface Holdings {
  all(): Holding[];
  /** Those with a task that is alive and of which the coordinator has not said its last word. */
  undecided(): Holding[];
  find(workflow: number, root: string): Holding | undefined;
  /** A held attempt, by its fencing number. */
  task(workflow: number, task: number, attempt: number): HeldTask | undefined;
  add(signed: SignedAssignment): Holding;
  /** One that is held, or was closed with a task that is alive: a reorganisation may take back what it was paid for. */
  renewable(workflow: number, root: string): Holding | undefined;
  /** Gives a holding another ticket. @param signed its assignment with that; @param holding of `renewable` */
  renew(holding: Holding, signed: SignedAssignment): void;
  setClaim(holding: Holding, claim: ClaimIntent): void;
  /** Moves a task on. Ignored when it is dead already: what is dead stays dead. @returns whether it moved */
  move(task: HeldTask, phase: Phase, changes?: Partial<HeldTask>): boolean;
  /** Changes a task's fields without moving it. */
  update(task: HeldTask, changes: Partial<HeldTask>): void;
  /** Nothing is left to do about it. */
  close(holding: Holding): void;
  /** Makes changes that the journal writes at once: all of them, or none. */
  together<T>(change: () => T): T;
}

const taskKey = ({ workflow, task, attempt }: Pick<HeldTask, "workflow" | "task" | "attempt">) =>
  `${workflow}/${task}/${attempt}`;
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

/** @returns what the journal has of a task that was just added */
function queuedRow(
  { workflow, root }: SignedAssignment,
  { task, attempt }: SignedAssignment["tasks"][number],
): TaskRow {
  const nothing = { result: null, usage: null, reason: null, release: null, verdict: null };
  return { workflow, task, attempt, root: root as Hex, phase: "queued", ...nothing };
}

/** Reads what the journal holds, so that a restart goes on where the last life ended. */
export function createHoldings(journal: Journal, clock: Clock): Holdings {
  const holdings = new Map<string, Holding>();
  const tasksByKey = new Map<string, HeldTask>();
  /** How many of a holding's tasks are undecided, of those that have any. */
  const undecided = new Map<Holding, number>();

  function enter(holding: Holding): void {
    const { workflow, root } = holding.signed;
    holdings.set(keyOf(workflow, root), holding);
    for (const task of holding.tasks) tasksByKey.set(taskKey(task), task);
    count(holding, holding.tasks.filter(isUndecided).length);
  }

  function count(holding: Holding, change: number): void {
    const now = (undecided.get(holding) ?? 0) + change;
    if (now === 0) undecided.delete(holding);
    else undecided.set(holding, now);
  }

  function change(task: HeldTask, changes: Partial<HeldTask>): void {
    journal.saveTask({ ...task, ...changes });
    const before = Number(isUndecided(task));
    Object.assign(task, changes);
    const holding = holdings.get(keyOf(task.workflow, task.root));
    if (holding) count(holding, Number(isUndecided(task)) - before);
  }

  function load({ signed, claim }: AssignmentRow): Holding {
    const rows = journal.tasksOf(signed.workflow, signed.root as Hex);
    const tasks = rows.map((row) => toHeld(row, clock.now()));
    return { signed, claim, tasks, takenBack: false };
  }

  for (const row of journal.openAssignments()) enter(load(row));

  return {
    all: () => [...holdings.values()],
    undecided: () => [...undecided.keys()],
    find: (workflow, root) => holdings.get(keyOf(workflow, root)),
    task: (workflow, task, attempt) => tasksByKey.get(taskKey({ workflow, task, attempt })),
    add(signed) {
      journal.addAssignment(signed);
      const now = clock.now();
      const tasks = signed.tasks.map((line) => toHeld(queuedRow(signed, line), now));
      const holding: Holding = { signed, claim: "wanted", tasks, takenBack: false };
      enter(holding);
      return holding;
    },
    renewable(workflow, root) {
      const known = holdings.get(keyOf(workflow, root));
      if (known) return known;
      const row = journal.findAssignment(workflow, root.toLowerCase() as Hex);
      const closed = row && load(row);
      return closed?.tasks.some(({ phase }) => !isDead(phase)) ? closed : undefined;
    },
    renew(holding, signed) {
      journal.renewAssignment(signed);
      holding.signed = signed;
      if (!holdings.has(keyOf(signed.workflow, signed.root))) enter(holding);
    },
    setClaim(holding, claim) {
      if (holding.claim === claim) return;
      journal.setClaim(holding.signed.workflow, holding.signed.root as Hex, claim);
      holding.claim = claim;
    },
    move(task, phase, changes = {}) {
      if (isDead(task.phase)) return false;
      change(task, { ...changes, phase });
      return true;
    },
    update: change,
    close(holding) {
      const { workflow, root } = holding.signed;
      journal.closeAssignment(workflow, root as Hex);
      holdings.delete(keyOf(workflow, root));
      undecided.delete(holding);
      for (const task of holding.tasks) tasksByKey.delete(taskKey(task));
    },
    together: (change) => journal.together(change),
  };
}
