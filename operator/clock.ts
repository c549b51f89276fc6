/** Who calls it: everything in operator/ that needs the time or waits; tests and devnet pass their own. */

/** The operator's only source of time. */
export interface Clock {
  /** @returns Unix time, milliseconds */
  now(): number;
  /** Waits, and returns early when `signal` aborts. @param ms milliseconds */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener("abort", end, { once: true });
    }),
};
