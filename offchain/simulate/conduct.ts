import { chance } from "./faults";
import { trueSeconds, type SimOperator, type SimTask } from "./model";
import type { SimAttempt } from "./result";

/** What an operator makes of an attempt, as far as it is heard of. */
export interface Conduct {
  outcome: Extract<SimAttempt["outcome"], "done" | "failed" | "invalid">;
  /** Whole milliseconds from when its inputs are there; Infinity for one that comes to no end. */
  takesMs: number;
  /** It is not heard of again once it has begun. */
  isSilent: boolean;
}

/**
 * Draws what becomes of an attempt if nobody ends it.
 * @param luck what the draws follow from
 */
export function conductOf(task: SimTask, operator: SimOperator, luck: string): Conduct {
  const { failureRate, invalidRate, silentRate, hangRate } = operator;
  const hits = (rate: number | undefined, what: string) =>
    rate !== undefined && rate > 0 && chance(`${luck}/${what}`) < rate;
  const isSilent = hits(silentRate, "silent");
  const trueMs = trueSeconds(task, operator) * 1000;
  if (hits(hangRate, "hangs")) return { outcome: "done", takesMs: Infinity, isSilent };
  if (hits(failureRate, "fails")) {
    const takesMs = wholeMs(trueMs * chance(`${luck}/when`));
    return { outcome: "failed", takesMs, isSilent };
  }
  const outcome = hits(invalidRate, "invalid") ? "invalid" : "done";
  return { outcome, takesMs: wholeMs(trueMs), isSilent };
}

/** Whole milliseconds, never shorter than the truth. */
const wholeMs = (ms: number) => Math.max(1, Math.ceil(ms - 1e-6));
