/** Paying the whole ceiling counts like taking this share longer. */
export const PRICE_WEIGHT = 0.25;

/**
 * Expected milliseconds until a good result, made longer by the price. An attempt that fails has to be repeated, so the time is
 * divided by the chance of success.
 * @param finishMs from now
 * @param price units
 * @param failureRate share of attempts that are expected to fail
 * @param ceiling most that the task may be paid, units
 * @returns lower is better
 */
export function scoreOf(
  finishMs: number,
  price: number,
  failureRate: number,
  ceiling: bigint,
): number {
  const share = price / Number(ceiling);
  const seconds = finishMs / (1 - failureRate);
  return Math.round(seconds * (1 + PRICE_WEIGHT * share) * 1000) / 1000;
}

/** Milliseconds by which weights are computed: scores are rounded. */
const LONG_MS = 1e6;

/** @returns what a finish is multiplied by to give the score */
export function weightOf(price: number, failureRate: number, ceiling: bigint): number {
  return scoreOf(LONG_MS, price, failureRate, ceiling) / LONG_MS;
}
