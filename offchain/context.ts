import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { PublicClient } from "viem";
import { findIsolation, weaknessOf, type Isolation } from "../machine/isolation";
import type { Tracing } from "../machine/spans";
import { openTracing } from "../machine/trace-sink";
import { marketDomain } from "../protocol/eip712";
import { quickAccount } from "../protocol/secp256k1";
import packageJson from "../package.json";
import type { ApiDeps } from "./api/deps";
import type { Lifecycle } from "./api/lifecycle";
import { RequestNonces } from "./api/nonces";
import type { ArtifactStore } from "./artifacts/artifact-store";
import { createCollector, type Collector } from "./artifacts/collector";
import { openFolderStore } from "./artifacts/folder-store";
import { keptStore } from "./artifacts/kept-store";
import { Retention } from "./artifacts/retention";
import type { IndexerHealth } from "./chain/indexer";
import { createChainReader } from "./chain/chain-reader";
import { connect, createChainCalls, readMarket } from "./chain/clients";
import { Ledger, type ChainIdentity } from "./chain/ledger";
import { TransactionJournal } from "./chain/transaction-journal";
import { createTransactionSender, type ManagedSender } from "./chain/transactions";
import type { Config } from "./config";
import { isFinish } from "./coordinator/closing";
import { createCoordinator } from "./coordinator/coordinator";
import type { Coordinator, CoordinatorLog, Validator } from "./coordinator/facade";
import { AttemptTraces } from "./coordinator/traces";
import { closeDatabase, openDatabase, type Db } from "./db/client";
import { createLog } from "./log";
import { watchChain } from "./metrics/chain";
import { createMetrics, type Metrics } from "./metrics/metrics";
import { watchTransactions } from "./metrics/transactions";
import { watchWork } from "./metrics/work";
import { systemClock, type Clock } from "./runtime/clock";
import { Estimator } from "./simulate/estimate/estimator";
import { loadInstalledPrograms } from "./validation/installed-programs";
import { createValidator } from "./validation/program-validator";

/** The parts of a running coordinator. */
export interface Context {
  config: Config;
  clock: Clock;
  log: CoordinatorLog;
  client: PublicClient;
  db: Db;
  nonces: RequestNonces;
  store: ArtifactStore;
  collector: Collector;
  ledger: Ledger;
  sender: ManagedSender;
  validator: Validator;
  coordinator: Coordinator;
  estimator: Estimator;
  metrics: Metrics;
  /** Undefined: nothing is traced. */
  tracing: Tracing | undefined;
  market: ApiDeps["market"];
}

/** What a test may put in place of the real part. */
export type ContextOverrides = Partial<Pick<Context, "clock" | "log" | "store" | "validator">>;

function openLedger(db: Db, identity: ChainIdentity, minStake: bigint, now: number): Ledger {
  try {
    return new Ledger(db, identity, minStake, now);
  } catch (error) {
    closeDatabase(db);
    throw error;
  }
}

/**
 * How validation programs are cut off: of what this process has they see the artifacts, which anyone may fetch, but not the database;
 * nor its environment, where its key is.
 * @param isUsed whether there are any: else nobody needs to be warned
 */
async function isolationOf(
  config: Config,
  isUsed: boolean,
  log: CoordinatorLog,
): Promise<Isolation> {
  const { dataDir, sandbox, network } = config;
  const hidden = { folders: [dataDir], files: [] };
  const needs = { sandbox, network, hidden, shown: [join(dataDir, "artifacts")] };
  const isolation = await findIsolation(needs);
  const weakness = weaknessOf(isolation.kind, needs);
  if (isUsed && weakness !== undefined) log.warn({}, weakness);
  return isolation;
}

/**
 * Builds the parts and connects them; starts nothing yet.
 * @throws FrobenError `market_not_found`, `database_of_other_chain`, `config_invalid`
 */
export async function createContext(
  config: Config,
  overrides: ContextOverrides = {},
): Promise<Context> {
  const clock = overrides.clock ?? systemClock;
  const log = overrides.log ?? createLog(config.logLevel);
  const account = quickAccount(config.coordinatorKey);
  const client = connect(config.rpcUrl, config.pollMs);
  const { chainId, unit, minStake, lateClaims } = await readMarket(client, config.market);
  const files = overrides.store ?? (await openFolderStore(join(config.dataDir, "artifacts")));
  const programs = await loadInstalledPrograms([...config.programs]);
  const runs = join(config.dataDir, "validations");
  await rm(runs, { recursive: true, force: true }); // what a crash left there

  const db = openDatabase(join(config.dataDir, "coordinator.sqlite"));
  const retention = new Retention(db, clock, config.retention);
  const store = keptStore(files, retention);
  const validator =
    overrides.validator ??
    createValidator(programs, store, runs, await isolationOf(config, programs.size > 0, log));
  const { market: address, fromBlock } = config;
  const identity = { chainId, market: address, fromBlock };
  const ledger = openLedger(db, identity, minStake, clock.now());
  const journal = new TransactionJournal(db);
  const nonces = new RequestNonces(db);
  const { pollMs } = config;
  const metrics = createMetrics();
  await retention.adopt(files.all());
  const collecting = { store: files, retention, clock, log, metrics: metrics.artifacts };
  const collector = createCollector(collecting);
  const sender = createTransactionSender({
    ...{ client, chainId, account, journal, clock, log, pollMs },
    metrics: metrics.transactions,
    isLeft: isFinish,
  });
  const tracing = await openTracing("froben-coordinator", config.traceEndpoint);
  const place = { chainId, market: config.market };
  const traces = tracing && new AttemptTraces(tracing, clock, place);
  const coordinator = createCoordinator({
    db,
    account,
    chain: createChainReader(db, ledger),
    calls: createChainCalls(client, { ...place, lateClaims }),
    sender,
    store,
    retention,
    validator,
    clock,
    log,
    metrics: metrics.work,
    along: nonces,
    traces,
    settings: {
      claimBySeconds: config.claimBySeconds,
      weights: config.weights,
      operatorSilenceMs: config.operatorSilenceMs,
      canaryIdleMs: config.canaryIdleMs,
      validations: config.validations,
      validationLimits: config.validationLimits,
      seed: config.seed,
    },
  });
  ledger.setListener((change) => coordinator.chainChanged(change));
  const estimator = new Estimator((programs) => coordinator.views.snapshot(programs));
  const market = {
    chainId,
    market: config.market,
    coordinator: account.address,
    unit: unit.toString(),
    fromBlock: config.fromBlock,
    version: packageJson.version,
  };
  watchWork(metrics.registry, coordinator.views);
  watchTransactions(metrics.registry, sender);
  const parts = { client, db, nonces, store, collector, ledger, sender, validator, coordinator };
  return { config, clock, log, ...parts, estimator, metrics, tracing, market };
}

/** @returns what the API needs of the context */
export function apiDeps(
  context: Context,
  chainHealth: () => IndexerHealth,
  lifecycle: Lifecycle,
): ApiDeps {
  const { config, ledger, market } = context;
  const health = () => {
    const tip = ledger.tip();
    return { block: tip?.number ?? null, blockTime: tip?.timestamp ?? null, ...chainHealth() };
  };
  watchChain(context.metrics.registry, health);
  return {
    ...context,
    domain: marketDomain(market.chainId, config.market),
    health,
    lifecycle,
    maxBehind: config.maxBehind,
    maxArtifactBytes: config.maxArtifactBytes,
  };
}
