import type { Candidate } from "./decision";

/** Paying the whole ceiling counts like taking this share longer. */
export const PRICE_WEIGHT = 0.25;

/**
 * Expected milliseconds until a good result, made longer by the price. An attempt that fails has to be repeated, so the time is
 * divided by the chance of success.
 * @param ceiling most that the task may be paid, units
 * @returns lower is better
 */
export function score(
  candidate: Pick<Candidate, "finishMs" | "price" | "failureRate">,
  ceiling: bigint,
): number {
  const share = Number(candidate.price) / Number(ceiling);
  const seconds = candidate.finishMs / (1 - candidate.failureRate);
  return Math.round(seconds * (1 + PRICE_WEIGHT * share) * 1000) / 1000;
}
