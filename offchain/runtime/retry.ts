/** How a step's tasks are tried again. */
export interface RetryPolicy {
  attempts: number;
  backoffSeconds: number;
}

/** Why an attempt ended without a valid result. */
export type Failure =
  | "failed" // the operator reported it
  | "refused" // the operator says that the inputs are at fault
  | "declined" // the operator did not accept the assignment
  | "invalid" // the result is wrong
  | "start_timeout"
  | "run_timeout"
  | "silence"
  | "late" // claimed, and not delivered by the claim's deadline
  | "unclaimed" // not claimed in time
  | "withdrawn"; // taken back by the coordinator

/**
 * @param isCopy whether the attempt runs beside one that it may take the place of
 * @returns why it counts as ended
 */
export const countsAs = (failure: Failure, isCopy: boolean): Failure =>
  // A copy could not be claimed while the first attempt's claim stood.
  isCopy && failure === "unclaimed" ? "withdrawn" : failure;

/**
 * How long an attempt ran that failed: of what ended for another reason nobody knows when its operator was last at work on it.
 * @param startedAt Unix milliseconds
 * @returns milliseconds
 */
export const ranMs = (failure: Failure, startedAt: number | null, now: number): number =>
  startedAt !== null && (failure === "run_timeout" || failure === "failed") ? now - startedAt : 0;

export type RetryDecision =
  { kind: "retry"; failures: number; notBefore: number } | { kind: "give_up"; failures: number };

const MAX_BACKOFF_MS = 3_600_000;
/** A task whose assignment was not accepted waits at least so long: nobody else may be there to take it. */
export const DECLINED_MS = 1_000;
/** Two operators must refuse the same inputs before a task is given up for it: one could lie. */
export const REFUSALS_TO_GIVE_UP = 2;

/**
 * Decides what follows a failed attempt. The n-th failure waits 2^(n-1) times the back-off.
 * @param failures that counted before this one
 * @param refusals different operators that refused the inputs, this one included
 * @param now Unix milliseconds
 */
export function afterFailure(
  policy: RetryPolicy,
  failure: Failure,
  failures: number,
  refusals: number,
  now: number,
): RetryDecision {
  // Nothing was tried when nobody accepted or claimed; and what the coordinator took back is not the operator's failure.
  if (failure === "unclaimed" || failure === "withdrawn")
    return { kind: "retry", failures, notBefore: now };
  if (failure === "declined")
    return {
      kind: "retry",
      failures,
      notBefore: now + Math.max(DECLINED_MS, policy.backoffSeconds * 1000),
    };
  const counted = failures + 1;
  if (counted >= policy.attempts || refusals >= REFUSALS_TO_GIVE_UP)
    return { kind: "give_up", failures: counted };
  const backoff = Math.min(MAX_BACKOFF_MS, policy.backoffSeconds * 1000 * 2 ** (counted - 1));
  return { kind: "retry", failures: counted, notBefore: now + backoff };
}
