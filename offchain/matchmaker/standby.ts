import type { Rejection } from "./decision";
import type { FleetOperator } from "./fleet";

// When a running attempt is a straggler, and who may be given a copy of it. Pure.

/** A running attempt. Times in Unix milliseconds. */
export interface Running {
  startedAt: number;
  /** 0 to 1, as its operator says. */
  progress: number;
  /** When that last rose; the start, if it never did. */
  risenAt: number;
}

/**
 * @param factor a task is a straggler once it runs for so many times what it usually takes
 * @param usualMs what such a task usually takes, whoever runs it
 * @returns from when on an attempt is a straggler, Unix milliseconds
 */
export function stragglesFrom(
  { startedAt }: Pick<Running, "startedAt">,
  factor: number,
  usualMs: number,
): number {
  return startedAt + Math.ceil(factor * usualMs);
}

/**
 * Guesses how long a straggler will still take: at its pace so far, and at least as long again as it has stood still. Of one that says
 * nothing, that is as long again as it has run.
 * @returns milliseconds
 */
export function remainingMs({ startedAt, progress, risenAt }: Running, now: number): number {
  const pace = progress > 0 ? ((risenAt - startedAt) * (1 - progress)) / progress : 0;
  return Math.max(pace, now - risenAt);
}

/** Why an operator can't be given a copy: what slows the one attempt down must not slow the other, too. */
export function unfitAsCopy(operator: FleetOperator, holder: FleetOperator): Rejection | undefined {
  if (operator.registration.standby === false) return "no_standby";
  const isTogether = operator.registration.machine.id === holder.registration.machine.id;
  return isTogether || operator === holder ? "apart" : undefined;
}
