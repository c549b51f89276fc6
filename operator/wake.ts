/** Who calls it: the loops of the operator, to sleep until there is something to do. */
import type { Clock } from "./clock";

/** A bell: loops wait for it with a time limit; a ring while nobody waits is not lost. */
export interface Wake {
  ring(): void;
  /** Returns at the next ring, when `ms` have passed, or when `signal` aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A reason of its own: the default is an error, with a stack that nobody reads. */
const RUNG = "rung";

export function createWake(clock: Clock): Wake {
  let rung = false;
  let waiter: AbortController | undefined;
  return {
    ring() {
      rung = true;
      waiter?.abort(RUNG);
    },
    async wait(ms, signal) {
      if (!rung && !signal?.aborted) {
        waiter = new AbortController();
        const any = signal ? AbortSignal.any([waiter.signal, signal]) : waiter.signal;
        await clock.sleep(ms, any);
        waiter = undefined;
      }
      rung = false;
    },
  };
}
