/** Who calls it: intake.ts. What the operator holds that takes its machine, as the schedule sees it. */
import type { Digest } from "../../protocol/digest";
import { slotOfTask } from "../chain/plan-state";
import type { Slots } from "../chain/slots";
import type { HeldTask, Holding } from "../holdings/phase";
import { inLine } from "../tasks/line";
import { expectedMs, remainingMs, usableMs, usableUntilMs, type Workload } from "./schedule";

export interface WorkloadFacts {
  holdings: Holding[];
  slots: Slots;
  /** Unix time of the chain, seconds. */
  chainNow: number;
  /** Unix time of this machine, milliseconds. */
  now: number;
  /** Of a program here, milliseconds; undefined: it never ran. */
  meanMs(program: Digest): number | undefined;
  /** Built-in programs take neither time nor machine. */
  builtin: { has(program: Digest): boolean };
}

/** @param facts `holdings` as the task runner goes through them */
export function workloadOf(facts: WorkloadFacts): Workload {
  const { slots, chainNow, now } = facts;
  const work: Workload = { running: [], waiting: [] };
  for (const { signed, tasks } of inLine(facts.holdings)) {
    if (facts.builtin.has(signed.program)) continue;
    const { claimTime } = signed.terms;
    const { runSeconds } = signed.limits;
    const expected = expectedMs(facts.meanMs(signed.program), claimTime, runSeconds);
    /** Of a claim that is not on-chain yet the time has not begun. */
    const latestEndMs = (task: HeldTask) => {
      const slot = slotOfTask(slots, task);
      return slot ? usableUntilMs(slot.deadline, chainNow, claimTime) : usableMs(claimTime);
    };
    const need = signed.resources;
    const waiting = tasks.filter(({ phase }) => phase === "queued");
    if (waiting.length > 0)
      work.waiting.push({
        need,
        count: waiting.length,
        expectedMs: expected,
        latestEndMs: Math.min(...waiting.map(latestEndMs)),
      });
    for (const task of tasks)
      if (task.phase === "running") {
        const elapsed = task.runningSince === undefined ? 0 : now - task.runningSince;
        work.running.push({ need, remainingMs: remainingMs(expected, elapsed, runSeconds) });
      }
  }
  return work;
}
