/** Time as everything under the coordinator sees it; tests and the simulator pass their own. */
export interface Clock {
  /** Unix time, milliseconds. */
  now(): number;
  /** Calls back once, `ms` from now. @returns a function that cancels it */
  after(ms: number, callback: () => void): () => void;
}

/** The machine's clock. Its timers don't keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
