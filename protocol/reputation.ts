/** What is known of how tasks of an operator ended. Completed: paid. Late: not committed by the claim's deadline. Invalid: struck. */
export type EvidenceKind = "completed" | "late" | "invalid";

/** Tasks of one operator that ended alike in one block. */
export interface Evidence {
  kind: EvidenceKind;
  /** Of the block, Unix seconds. */
  at: number;
  tasks: number;
}

/** Evidence counts as of the beginning of its day (UTC), so that whoever keeps it needs one number for each day and kind. */
export const DAY_SECONDS = 24 * 3600;
/** What happened so long ago counts half of what happens now. */
export const HALF_LIFE_SECONDS = 30 * 24 * 3600;
/** A late task counts like so many that were completed, an invalid one like so many. */
export const WEIGHTS = { completed: 1n, late: 2n, invalid: 20n } as const;
/** Whoever nothing is known of counts like one with so many tasks completed, and as many against it. */
export const PRIOR_TASKS = 2n;
/** A task of this moment, in fixed point: weights are whole numbers, so that everybody gets the same sum, in whatever order. */
const ONE = 1n << 40n;
/** The whole: reputations are millionths. */
export const WHOLE = 1_000_000n;

/**
 * What a task counts after a time: half for each half-life, between two of them on a straight line; rounded down.
 * @param seconds 0 or more
 */
export function decayed(seconds: number): bigint {
  const lives = Math.floor(seconds / HALF_LIFE_SECONDS);
  if (lives >= 40) return 0n;
  const whole = ONE >> BigInt(lives);
  const part = BigInt(seconds - lives * HALF_LIFE_SECONDS);
  return whole - (whole * part) / BigInt(2 * HALF_LIFE_SECONDS);
}

/**
 * An operator's reputation at a moment, from chain events alone: what was completed over all, with weights and decay, a few tasks of
 * either kind added. The same evidence gives the same number everywhere, as no step of it is rounded differently.
 * @param now Unix seconds, of the block up to which there is evidence; later evidence counts as of now
 * @returns millionths: 500,000 for a stranger, more for better
 */
export function reputation(evidence: Iterable<Evidence>, now: number): number {
  let good = PRIOR_TASKS * ONE;
  let all = 2n * PRIOR_TASKS * ONE;
  for (const { kind, at, tasks } of evidence) {
    const weight =
      WEIGHTS[kind] * BigInt(tasks) * decayed(Math.max(0, now - (at - (at % DAY_SECONDS))));
    all += weight;
    if (kind === "completed") good += weight;
  }
  return Number((good * WHOLE) / all);
}
