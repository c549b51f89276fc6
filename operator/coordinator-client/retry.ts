/** Who calls it: the coordinator client and the artifact transfer, around every call that may be repeated. */
import { FrobenError } from "../../protocol/errors";
import type { Clock } from "../clock";

export interface RetryPolicy {
  /** Tries in all, the first one included. */
  attempts: number;
  /** Wait before the second try, milliseconds; doubles from try to try. */
  firstDelayMs: number;
  maxDelayMs: number;
}

/**
 * About a minute in all: long enough for a coordinator's restart. Never a long pause: claims run out meanwhile, and with pauses
 * that double without end a result would wait for as long again as the coordinator was away.
 */
export const PATIENT: RetryPolicy = { attempts: 26, firstDelayMs: 250, maxDelayMs: 3_000 };

const isRetryable = (error: unknown) => error instanceof FrobenError && error.retryable;

/** Wait before try `n + 1` (n from 1), milliseconds: exponential, with up to a quarter of jitter so that operators spread. */
export function retryDelay(policy: RetryPolicy, n: number, random: number): number {
  return Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (n - 1)) * (0.75 + random / 4);
}

/**
 * Calls until it works, as long as the error says that this can help.
 * @throws the last error
 */
export async function withRetry<T>(
  clock: Clock,
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await call();
    } catch (error) {
      if (n >= policy.attempts || signal?.aborted || !isRetryable(error)) throw error;
    }
    await clock.sleep(retryDelay(policy, n, Math.random()), signal);
  }
}
