import { setTimeout as delay } from "node:timers/promises";
import { BlockPace } from "../../protocol/block-pace";
import { FrobenError } from "../../protocol/errors";
import type { CoordinatorLog } from "../coordinator/facade";
import { catchUp, FIRST_RANGE, type ChainStep, type FollowOptions } from "./follow-chain";
import type { Ledger } from "./ledger";

export interface IndexerHealth {
  /** The chain's newest block at the last look; null before the first. */
  head: number | null;
  /** Unix ms of the last look that worked, and how many failed since. */
  polledAt: number;
  failures: number;
}

export interface Indexer {
  /** Resolves when the ledger stands where the chain's head was at the call, or later. */
  caughtUp(): Promise<void>;
  /** Ends the loop; resolves when the step at hand is applied. */
  stop(): Promise<void>;
  /** Rejects when the indexer can't go on: a history it can't follow, or events that don't add up. */
  readonly failed: Promise<never>;
  health(): IndexerHealth;
}

const MAX_BACKOFF_MS = 10_000;

/**
 * Follows the chain in a loop. A node that does not answer is asked again, ever more slowly; an error in applying ends it.
 * @param options pollMs: between two looks at the head around the time when a block is due, milliseconds; beforeStep: what must be
 * known before a step is applied; onReorg: called after the ledger went back to a block
 */
export function startIndexer(
  options: FollowOptions & {
    ledger: Ledger;
    pollMs: number;
    log: CoordinatorLog;
    beforeStep?: (step: ChainStep) => Promise<void>;
    onReorg?: (ancestor: number) => void;
  },
): Indexer {
  const { ledger, log, pollMs } = options;
  const abort = new AbortController();
  const pace = new BlockPace(pollMs);
  const range = { size: FIRST_RANGE };
  let head: number | null = null;
  let polledAt = 0;
  let failures = 0;
  let waiters: { from: number; resolve: () => void }[] = [];
  let polls = 0;

  const poll = async (): Promise<void> => {
    const number = ++polls;
    const steps = catchUp({ ...options, onHead: (number) => (head = number) }, ledger, range);
    for (;;) {
      const step = await steps.next();
      if (step.done || abort.signal.aborted) break;
      await options.beforeStep?.(step.value);
      ledger.apply(step.value);
      if (step.value.kind === "reorg") {
        const { number } = step.value.ancestor;
        log.warn({ ancestor: number }, "the chain was reorganised");
        options.onReorg?.(number);
      }
    }
    polledAt = Date.now();
    const tip = ledger.tip();
    if (tip) pace.saw(tip, polledAt);
    waiters = waiters.filter((waiter) => {
      if (waiter.from > number) return true;
      waiter.resolve();
      return false;
    });
  };

  const run = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      try {
        await poll();
        failures = 0;
      } catch (error) {
        // What the project itself says is final; anything else is the node's trouble.
        if (error instanceof FrobenError || !isNodeError(error)) throw error;
        failures++;
        log.warn({ failures, err: error }, "the node did not answer");
      }
      const backOff = Math.min(
        pollMs * 2 ** Math.min(failures, 10),
        Math.max(MAX_BACKOFF_MS, pollMs),
      );
      const wait = failures > 0 ? backOff : pace.pauseMs(Date.now());
      await delay(wait, undefined, { signal: abort.signal }).catch(() => {});
    }
  };

  const loop = run();
  const failed = new Promise<never>((_, reject) => loop.catch(reject));
  failed.catch(() => {}); // whoever cares awaits it
  return {
    // The poll under way may have read the head already, so that only the next one counts.
    caughtUp: () =>
      Promise.race([
        new Promise<void>((resolve) => waiters.push({ from: polls + 1, resolve })),
        failed,
      ]),
    async stop() {
      abort.abort();
      await loop.catch(() => {});
    },
    failed,
    health: () => ({ head, polledAt, failures }),
  };
}

/** viem's errors name their class in `name` and carry a `shortMessage`. */
function isNodeError(error: unknown): boolean {
  return error instanceof Error && "shortMessage" in error;
}
