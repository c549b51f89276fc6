/** Who calls it: operator.ts, at the start and for its whole life. Keeps the cache within its size. */
import type { Digest } from "../../protocol/digest";
import { digestsOf } from "../assignments/step-terms";
import { resultsAtStake } from "../chain/defence";
import type { SlotView } from "../chain/slot-view";
import type { Clock } from "../clock";
import type { Holdings } from "../holdings/holdings";
import { isDead, type Holding } from "../holdings/phase";
import type { Journal } from "../journal/journal";
import type { Log } from "../log";
import { artifactsOfResult } from "../run/outputs";
import type { ArtifactCache } from "./cache";

export interface EvictionDeps {
  cache: ArtifactCache;
  /** Size of the cache, beyond which only what is needed stays. */
  maxBytes: number;
  holdings: Pick<Holdings, "all">;
  slotView: Pick<SlotView, "slots" | "disputes">;
  journal: Pick<Journal, "findTask">;
  clock: Clock;
  log: Log;
}

export interface Eviction {
  /** Brings the cache down to its size. */
  evict(): Promise<void>;
  /** Does so now and then until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const EVICT_MS = 10 * 60_000;

/** @returns what held tasks still need: inputs of those that are not computed, and all of which results consist */
export async function neededArtifacts(
  cache: Pick<ArtifactCache, "bytes">,
  holdings: Holding[],
): Promise<Set<Digest>> {
  const needed = new Set<Digest>();
  for (const { signed, tasks } of holdings)
    for (const { task, phase, result } of tasks) {
      if (isDead(phase)) continue;
      if (result === null) {
        const inputs = digestsOf(signed.tasks.find((one) => one.task === task)!);
        for (const digest of Object.values(inputs)) needed.add(digest);
        continue;
      }
      needed.add(result);
      // One that can't be read any more fails when it is uploaded, not here.
      const parts = await artifactsOfResult(cache, signed.outputs, result).catch(() => []);
      for (const digest of parts) needed.add(digest);
    }
  return needed;
}

export function createEviction(deps: EvictionDeps): Eviction {
  const { cache, maxBytes, holdings, slotView, journal, clock, log } = deps;

  async function evict(): Promise<void> {
    const needed = await neededArtifacts(cache, holdings.all());
    for (const result of resultsAtStake(slotView, journal)) needed.add(result);
    await cache.prune(maxBytes, needed);
  }

  return {
    evict,
    async run(signal) {
      for (;;) {
        await clock.sleep(EVICT_MS, signal);
        if (signal.aborted) return;
        await evict().catch((error: unknown) => {
          log.warn({ err: error }, "the cache could not be brought down to its size");
        });
      }
    },
  };
}
