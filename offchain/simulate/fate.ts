import { chance } from "./faults";
import { START_MS } from "./floor";
import { trueSeconds, type SimOperator } from "./model";
import type { SimAttempt } from "./result";
import type { SimRun } from "./run";

/** After so many seconds without a word from an operator it is taken to be gone: the coordinator's default. */
export const SILENCE_SECONDS = 60;

/**
 * What becomes of an attempt that starts now.
 * @returns how and when (Unix milliseconds) it ends, for those who wait for it
 */
export function fateOf(
  run: SimRun,
  operator: SimOperator,
  seed: number,
  now: number,
): { outcome: SimAttempt["outcome"]; end: number } {
  const luck = `${seed}/${run.key}/${run.nextAttempt}`;
  const trueMs = trueSeconds(run.task, operator) * 1000;
  let outcome: SimAttempt["outcome"] = "done";
  let takes = trueMs;
  if (operator.failureRate > 0 && chance(`${luck}/fails`) < operator.failureRate) {
    outcome = "failed";
    takes = trueMs * chance(`${luck}/when`);
  }
  if (takes > run.task.runSeconds * 1000) {
    outcome = "run_timeout";
    takes = run.task.runSeconds * 1000;
  }
  // Whole milliseconds, never shorter than the truth.
  const end = now + Math.max(1, Math.ceil(takes - 1e-6));
  if (end <= START_MS + operator.leavesAt * 1000) return { outcome, end };
  const noticed = START_MS + (operator.leavesAt + SILENCE_SECONDS) * 1000;
  return { outcome: "silence", end: Math.max(now + 1, noticed) };
}
