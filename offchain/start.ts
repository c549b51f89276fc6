import { Lifecycle } from "./api/lifecycle";
import { createApp, serve } from "./api/server";
import { startIndexer, type Indexer } from "./chain/indexer";
import { readOpenedSpecs } from "./chain/opened-specs";
import type { Config } from "./config";
import { apiDeps, createContext, type Context, type ContextOverrides } from "./context";
import { closeDatabase } from "./db/client";

export interface RunningCoordinator {
  url: string;
  context: Context;
  indexer: Indexer;
  /**
   * Ends it in order: it is no longer ready, no new requests, no new work; requests under way end, then the API, then the database.
   * Calling again waits for the same end.
   */
  stop(): Promise<void>;
}

const GRACE_MS = 500; // for connections, once no request is under way

/**
 * Starts a coordinator in this process.
 * @param overrides parts that a test brings itself
 * @returns once the API answers and the chain has been read up to its head
 * @throws FrobenError as `createContext`; the indexer's first failure
 */
export async function startCoordinator(
  config: Config,
  overrides: ContextOverrides = {},
): Promise<RunningCoordinator> {
  const context = await createContext(config, overrides);
  const { coordinator, estimator, collector, ledger, sender, db, client, log } = context;
  const lifecycle = new Lifecycle();
  let indexer: Indexer | undefined;
  let api: Awaited<ReturnType<typeof serve>> | undefined;

  const end = async (): Promise<void> => {
    lifecycle.drain();
    await indexer?.stop();
    const stopped = coordinator.stop(); // assigns no more, and gives the answers that it held back
    await lifecycle.idle(config.drainMs);
    await estimator.close();
    await stopped;
    await api?.close(GRACE_MS);
    await sender.stop();
    await collector.stop();
    await context.tracing?.end();
    closeDatabase(db);
  };
  let ending: Promise<void> | undefined;
  const stop = () => (ending ??= end());

  try {
    await coordinator.recover();
    sender.recover();
    collector.start();
    indexer = startIndexer({
      client,
      market: config.market,
      fromBlock: config.fromBlock,
      finality: config.finality,
      ledger,
      pollMs: config.pollMs,
      log,
      beforeStep: (step) => readOpenedSpecs(db, context.store, step),
      onReorg(ancestor) {
        context.metrics.reorganised();
        sender.reorganised(ancestor);
      },
    });
    // What happened while the coordinator was away comes before any request.
    await indexer.caughtUp();
    api = await serve(
      createApp(apiDeps(context, indexer.health, lifecycle)),
      config.host,
      config.port,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  log.info({ url: api.url, market: config.market }, "the coordinator listens");
  return { url: api.url, context, indexer, stop };
}
