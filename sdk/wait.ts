import { setTimeout as delay } from "node:timers/promises";
import { FrobenError } from "../protocol/errors";

/**
 * Looks again and again until there is an answer.
 * @param look gives undefined while there is none
 * @param options how often and how long, milliseconds
 * @returns the answer, or undefined when time is up
 */
export async function poll<T>(
  look: () => Promise<T | undefined>,
  options: { everyMs: number; timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<T | undefined> {
  const end = performance.now() + options.timeoutMs;
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;
    if (performance.now() >= end) return undefined;
    await delay(options.everyMs, undefined, { signal: options.signal });
  }
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Tries again after errors that say they may pass, with growing pauses.
 * @param timeoutMs when to give up and throw the last error
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  options: {
    timeoutMs: number;
    signal?: AbortSignal | undefined;
    may?: (error: unknown) => boolean;
  },
): Promise<T> {
  const may = options.may ?? ((error) => error instanceof FrobenError && error.retryable);
  const end = performance.now() + options.timeoutMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!may(error) || performance.now() + pause > end) throw error;
      await delay(pause, undefined, { signal: options.signal });
    }
  }
}
