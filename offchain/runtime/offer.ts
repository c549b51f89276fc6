import type { Step } from "../../protocol/spec";

/** The whole ceiling. */
export const FULL_BPS = 10_000;

/**
 * What is offered for a task.
 * @param rises how often nobody took it in time
 * @returns share of the step's ceiling, basis points
 */
export function offeredBps(bump: Step["priceBump"], rises: number): number {
  if (!bump) return FULL_BPS;
  return Math.min(FULL_BPS, bump.fromBps + rises * bump.byBps);
}
