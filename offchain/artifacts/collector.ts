import { setImmediate as turn } from "node:timers/promises";
import type { Digest } from "../../protocol/digest";
import type { Clock } from "../runtime/clock";
import type { ArtifactStore } from "./artifact-store";
import type { Retention } from "./retention";

/** Time between two sweeps, milliseconds. */
const SWEEP_MS = 60_000;
/** Names that are taken back, and artifacts that are looked at, before others have their turn. */
const NAMES_AT_ONCE = 1_000;
const ARTIFACTS_AT_ONCE = 256;

export interface CollectorDeps {
  store: Pick<ArtifactStore, "remove">;
  retention: Retention;
  clock: Clock;
  log: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  metrics: { freed(bytes: number): void };
}

export interface Collector {
  /** Sweeps now and then until it is stopped. */
  start(): void;
  /** Removes all that is due now. @returns what was freed */
  sweep(): Promise<{ artifacts: number; bytes: number }>;
  /** @returns once no sweep is under way */
  stop(): Promise<void>;
}

/**
 * Removes artifacts whose time is over: first the file, then its row, so that a crash between the two leaves a row that the next sweep
 * removes. That nobody names an artifact is asked in the same turn in which its removal begins, and whoever looks for it from then on
 * waits for the end of that.
 */
export function createCollector(deps: CollectorDeps): Collector {
  const { store, retention, clock, log, metrics } = deps;
  let stopped = false;
  let cancel = () => {};
  let sweeping: Promise<void> = Promise.resolve();

  /** @returns bytes, undefined if there were none; or "failed", to be tried again after the grace time */
  async function remove(digest: Digest): Promise<number | undefined | "failed"> {
    const removing = store.remove(digest).catch((err: unknown) => {
      log.error({ err, digest }, "an artifact could not be removed");
      retention.keep([digest]);
      return "failed" as const;
    });
    retention.removals.set(
      digest,
      removing.then(() => undefined),
    );
    return removing.finally(() => retention.removals.delete(digest));
  }

  async function sweep() {
    const freed = { artifacts: 0, bytes: 0 };
    for (let more = true; more && !stopped; await turn()) {
      more = retention.release(NAMES_AT_ONCE);
      const due = retention.due(ARTIFACTS_AT_ONCE);
      more ||= due.length === ARTIFACTS_AT_ONCE;
      retention.stay(due.filter((digest) => retention.isNamed(digest)));
      const gone: Digest[] = [];
      for (const digest of due) {
        // Asked for each: others had their turns meanwhile.
        if (stopped || !retention.isDue(digest)) continue;
        const bytes = await remove(digest);
        if (bytes === "failed") continue;
        gone.push(digest);
        if (bytes === undefined) continue;
        freed.artifacts++;
        freed.bytes += bytes;
        metrics.freed(bytes);
      }
      retention.removed(gone);
    }
    if (freed.artifacts > 0) log.info(freed, "artifacts whose time was over were removed");
    return freed;
  }

  function start(): void {
    cancel = clock.after(SWEEP_MS, () => {
      sweeping = sweep().then(
        () => (stopped ? undefined : start()),
        (err: unknown) => {
          log.error({ err }, "a sweep of the artifacts failed");
          if (!stopped) start();
        },
      );
    });
  }

  return {
    start,
    sweep,
    async stop() {
      stopped = true;
      cancel();
      await sweeping;
    },
  };
}
