import type { FleetOperator, Work } from "../matchmaker/fleet";
import { unknownMs } from "../matchmaker/prospect";
import { chance } from "./faults";
import type { Host } from "./floor";
import { START_MS, trueSeconds } from "./model";
import type { SimAttempt } from "./result";
import type { SimRun } from "./run";

/** After so many seconds without a word from an operator it is taken to be gone, where a task says nothing else: the coordinator's default. */
export const SILENCE_SECONDS = 60;

/** Tasks that an operator works off one after another in one booking. */
export interface Chain {
  host: Host;
  waiting: SimRun[];
  /** Units per task. */
  price: bigint;
}

/** An attempt under way. */
export interface Running {
  /** Of its booking. */
  key: string;
  run: SimRun;
  attempt: number;
  chain: Chain;
  device: number[];
  startedAt: number;
  /** How it will end if it is not cancelled. */
  outcome: SimAttempt["outcome"];
  /** When its inputs were there. */
  computes: number;
  /** It was started while another one ran. */
  isCopy: boolean;
}

/** What the market knows of an attempt that begins at `since` on an operator. */
export function workOf(run: SimRun, since: number, { address }: FleetOperator): Work {
  const { lane, sizeClass, haul } = run;
  const fetchMs = haul?.fetchMs(address);
  return {
    program: lane.terms.program,
    since,
    fallbackMs: unknownMs(lane.terms),
    sizeClass,
    fetchMs,
  };
}

/**
 * Draws how an attempt that starts now ends.
 * @param luck what the draw follows from
 * @returns and when, Unix milliseconds
 */
export function fateOf(
  { task }: Pick<SimRun, "task">,
  { operator }: Host,
  luck: string,
  now: number,
): { outcome: SimAttempt["outcome"]; end: number } {
  const silenceMs = (task.silenceSeconds ?? SILENCE_SECONDS) * 1000;
  const trueMs = trueSeconds(task, operator) * 1000;
  const leavesAt = START_MS + operator.leavesAt * 1000;
  let outcome: SimAttempt["outcome"] = "done";
  let takes = trueMs;
  if (operator.failureRate > 0 && chance(`${luck}/fails`) < operator.failureRate) {
    outcome = "failed";
    takes = trueMs * chance(`${luck}/when`);
  }
  const { invalidRate = 0, silentRate = 0 } = operator;
  if (outcome === "done" && chance(`${luck}/invalid`) < invalidRate) outcome = "invalid";
  if (chance(`${luck}/silent`) < silentRate) {
    outcome = "silence";
    takes = silenceMs;
  } else if (takes > task.runSeconds * 1000) {
    outcome = "run_timeout";
    takes = task.runSeconds * 1000;
  }
  // Whole milliseconds, never shorter than the truth.
  const end = now + Math.max(1, Math.ceil(takes - 1e-6));
  if (end <= leavesAt) return { outcome, end };
  return { outcome: "silence", end: Math.max(now + 1, leavesAt + silenceMs) };
}
