/** Who calls it: main.ts, tests, and devnet with parts of its own. Puts the operator together and runs its life. */
import { mkdirSync } from "node:fs";
import type { Address } from "viem";
import { BlockPace } from "../protocol/block-pace";
import { marketDomain } from "../protocol/eip712";
import { FrobenError } from "../protocol/errors";
import type { Register } from "../protocol/http";
import { quickAccount } from "../protocol/secp256k1";
import { createArtifactCache } from "./artifacts/cache";
import { createEviction } from "./artifacts/eviction";
import { createArtifactTransfer } from "./artifacts/transfer";
import { openTracing } from "../machine/trace-sink";
import { takeIn } from "./assignments/intake";
import { takeRenewal } from "./assignments/renewal";
import { createCanaryRunner } from "./canaries/canary-runner";
import { createChainLoop } from "./chain/chain-loop";
import { isLocalChain } from "./chain/clients";
import { createDefence } from "./chain/defence";
import { operatorOf } from "./chain/delegate";
import { createMarketFacts } from "./chain/market-facts";
import { CHAIN_PARTS, type ChainParts } from "./chain/parts";
import { isCommitted } from "./chain/plan-state";
import { withdrawOwed } from "./chain/stake";
import { MAX_PARTS, MAX_UNDER_WAY } from "./chain/send-time";
import { createStrikes } from "./chain/strikes";
import { createStakeKeeper } from "./chain/stake-keeper";
import { systemClock, type Clock } from "./clock";
import { dataPaths, type OperatorConfig } from "./config";
import { createCoordinatorClient, fetchMarket } from "./coordinator-client/client";
import { createSyncLoop, reportAgain } from "./coordinator-client/sync-loop";
import { createHoldings } from "./holdings/holdings";
import { isDead, isUnclaimed } from "./holdings/phase";
import { openJournal } from "./journal/journal";
import { createLog, type Log } from "./log";
import { serveMetrics } from "./metrics/server";
import { loadAllowedPrograms } from "./programs/allow-list";
import { builtinPrograms } from "./run/builtin";
import type { Execute } from "./run/execute";
import { createProgramRunner } from "./run/program-runner";
import { createFailureQueue } from "./tasks/failure-queue";
import { createResultCheck, type CheckResult } from "./tasks/check-result";
import { createReporter } from "./tasks/reporter";
import { createResultOutbox } from "./tasks/result-outbox";
import { createTaskRunner } from "./tasks/task-runner";
import { createTaskTraces } from "./traces";
import { createWake } from "./wake";

/** Parts that a caller may put in place of the product's own. */
export interface OperatorDeps {
  clock?: Clock;
  log?: Log;
  /** Runs programs. Gets the product's own executor, to build on. */
  execute?: (own: Execute) => Execute;
  /** Judges a result before its receipt is signed. */
  checkResult?: CheckResult;
  /** How it reaches the chain. */
  chainParts?: ChainParts;
}

export interface Operator {
  /** Whose stake it works with: its own key's, or the owner's. */
  address: Address;
  /** Where its metrics are served, if they are. */
  metricsUrl: string | undefined;
  /** Takes no new work, ends what it holds, collects; resolves when all is done or `drainSeconds` have passed. */
  drain(): Promise<void>;
  /** Kills its children and ends now; what it holds is resumed by the next life. */
  stop(): Promise<void>;
}

/** Loaded on demand: an operator that nobody watches does without the library's memory. */
const loadMetrics = async () => (await import("./metrics/metrics")).createMetrics();

/** An operator without claims, batches and disputes looks at the chain so much more seldom than its configuration says. */
const IDLE_FACTOR = 10;
/** The same while all that it holds is claimed and being computed. */
const COMPUTING_FACTOR = 4;

/** Most time that farewells to the coordinator may take, milliseconds. */
const FAREWELL_MS = 2_000;
/** How often the drain looks, milliseconds. */
const DRAIN_LOOK_MS = 250;

/**
 * Starts an operator: stake, registration, resumption of what its journal holds, and its loops.
 * @returns when it is registered and ready for work
 * @throws FrobenError when the configuration, the chain or the coordinator does not allow that
 */
export async function createOperator(
  config: OperatorConfig,
  deps: OperatorDeps = {},
): Promise<Operator> {
  const clock = deps.clock ?? systemClock;
  const log = deps.log ?? createLog(config.logLevel, config.name);
  const paths = dataPaths(config);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const account = quickAccount(config.privateKey);
  const installed = await loadAllowedPrograms(config.programs, paths.programs);
  const builtin = builtinPrograms(config);
  const programs = new Set([...installed.keys(), ...builtin.keys()]);
  const parts = deps.chainParts ?? CHAIN_PARTS;
  const info = await fetchMarket(config.coordinatorUrl, clock);
  const chain = await parts.connect(config.rpcUrl, info, config.market);
  const operator = await operatorOf(chain, account.address, config.owner);
  if (config.verifiers === "any")
    if (isLocalChain(chain.chainId)) log.warn("every verifier is trusted: for local chains only");
    else
      throw new FrobenError("config_invalid", "name the verifiers that you trust", {
        field: "FROBEN_VERIFIERS",
        value: "any",
        hint: "a list of adapter addresses or code hashes; a claim is only as safe as its verifier",
      });

  const journal = openJournal(paths.journal, clock);
  const stopping = new AbortController();
  const { signal } = stopping;
  const domain = marketDomain(chain.chainId, chain.market);
  const signer = { account, domain, onBehalfOf: operator };
  const coordinator = createCoordinatorClient(config.coordinatorUrl, signer, clock);
  const { pollMs } = config;
  const pace = new BlockPace(pollMs);
  const untilBlock = () => pace.pauseMs(clock.now());
  const metrics = config.metrics && (await loadMetrics());
  const sender = parts.sender({
    metrics: metrics?.transactions,
    chain,
    account,
    journal,
    clock,
    log,
    pauseMs: untilBlock,
  });
  const cache = createArtifactCache(paths.artifacts);
  const transfer = createArtifactTransfer(config.coordinatorUrl, signer, cache, clock);
  const holdings = createHoldings(journal, clock);
  const slotView = parts.slotView(chain, operator, journal);
  const facts = createMarketFacts(chain, operator, slotView.head);
  const wake = createWake(clock);
  const { passEnv, network, sandbox } = config;
  const hidden = { folders: [config.dataDir], files: config.keystore ? [config.keystore] : [] };
  const isolation = { sandbox, network, hidden };
  const own = await createProgramRunner({ passEnv, isolation, journal, clock, log });
  const execute = deps.execute?.(own) ?? own;
  let draining = false;

  const tracing = await openTracing("froben-operator", config.traceEndpoint);
  const traces = createTaskTraces(tracing, operator, clock);
  const outbox = createResultOutbox({ chain, account, operator, journal, coordinator, signal });
  const reporter = createReporter({
    holdings,
    cache,
    transfer,
    outbox,
    coordinator,
    clock,
    log,
    signal,
    onChange: () => wake.ring(),
    traces,
  });
  const failures = createFailureQueue(reporter.fail, (holding) => chainLoop.isClaiming(holding));
  const runner = createTaskRunner({
    config,
    runsFolder: paths.runs,
    holdings,
    programs: installed,
    builtin,
    cache,
    transfer,
    execute,
    checkResult: deps.checkResult ?? createResultCheck(chain, cache),
    journal,
    clock,
    log,
    traces,
    onEnd(holding, task, error) {
      const failed = error?.code === "run_cancelled" ? "cancelled" : "failed";
      metrics?.runEnded(error ? failed : "computed");
      if (error) failures.add(holding, task, error);
      else syncLoop.nudge(); // the coordinator gives the machine to the next task
      wake.ring();
    },
  });
  const canaries = createCanaryRunner({
    config,
    runsFolder: paths.runs,
    programs: installed,
    cache,
    transfer,
    execute,
    coordinator,
    journal,
    log,
    signal,
    isIdle: () => !draining && holdings.undecided().length === 0,
    onEnd: (outcome) => metrics?.canaryEnded(outcome),
  });
  const defence = createDefence({
    chain,
    slotView,
    sender,
    journal,
    cache,
    transfer,
    log,
    signal,
    patienceSeconds: config.settlePatienceSeconds,
    onNews: () => wake.ring(),
  });
  const stakeKeeper = createStakeKeeper({
    chain,
    sender,
    operator,
    config,
    journal,
    clock,
    log,
    isDraining: () => draining,
  });
  const chainLoop = createChainLoop({
    chain,
    facts,
    stakeKeeper,
    operator,
    config,
    clock,
    holdings,
    slotView,
    sender,
    defence,
    coordinator,
    cache,
    log,
    traces,
    pace,
    onClaimed: (holding, tasks) => reporter.report(holding, tasks),
    onIncluded: () => wake.ring(),
    onUnclaimable(holding, task, error) {
      runner.cancel(task);
      reporter.fail(holding, task, error);
    },
  });

  const { id, cores, memoryMb, gpus } = config.machine;
  const registration: Register = {
    name: config.name,
    machine: { id, cores, memoryMb, gpus },
    offer: config.offer,
    devices: config.devices,
    programs: [...programs],
    concurrency: config.concurrency,
    ...config.pricing,
    speed: config.speed,
    standby: config.standby,
    canaries: config.canaries,
  };
  const register = () => coordinator.register(registration);
  const strikes = createStrikes(chain, slotView.head);
  const known = { operator, holdings, journal, programs, builtin, slotView, facts, strikes };
  const intake = { chain, config, clock, ...known };
  const unsent = () =>
    holdings.undecided().filter((one) => isUnclaimed(one) && !chainLoop.isClaiming(one)).length;
  const syncLoop = createSyncLoop({
    coordinator,
    holdings,
    clock,
    log,
    register,
    // What waits for its claim grows old: no more is taken than the next transactions can claim.
    isDraining: () => draining || unsent() >= MAX_PARTS * MAX_UNDER_WAY,
    async takeIn(signed) {
      await takeIn(intake, signed, slotView.head().timestamp);
      await canaries.makeRoom();
      runner.start();
    },
    renew: (renewal) => takeRenewal(intake, renewal),
    refuse(signed, error) {
      for (const { task, attempt } of signed.tasks) reporter.refuse(signed, task, attempt, error);
    },
    canary: canaries.held,
    takeCanary: canaries.take,
    onDead: (task) => runner.cancel(task),
    onNews: () => wake.ring(),
  });

  /** How soon the chain is looked at again; news from the coordinator and ended programs ring before that. */
  function pauseMs(): number {
    const slots = slotView.slots();
    const held = holdings.all().filter((one) => !isCommitted(one, slots));
    if (held.length === 0 && !chainLoop.busy()) return pollMs * IDLE_FACTOR;
    const computing = held.every(
      ({ claim, takenBack, tasks }) =>
        claim === "claimed" &&
        !takenBack &&
        tasks.every(({ phase }) => phase === "queued" || phase === "running"),
    );
    const lookIn = Math.max(untilBlock(), computing ? pollMs * COMPUTING_FACTOR : 0);
    return Math.min(lookIn, Math.max(0, chainLoop.sendsAt() - clock.now()));
  }

  async function runChainLoop(): Promise<void> {
    while (!signal.aborted) {
      try {
        await chainLoop.turn();
        failures.flush(slotView.head().number);
      } catch (error) {
        log.warn({ err: error }, "the chain could not be read");
      }
      await wake.wait(pauseMs(), signal);
    }
    await chainLoop.ended();
  }

  await sender.recover();
  await slotView.sync();
  await stakeKeeper.fill();
  const maxBytes = config.cacheMb * 1024 * 1024;
  const eviction = createEviction({ cache, maxBytes, holdings, slotView, journal, clock, log });
  await eviction.evict();
  await register();
  if (holdings.all().length > 0) log.info({ holdings: holdings.all().length }, "resuming");
  holdings.together(() => reportAgain(holdings));
  metrics?.watch({ holdings: holdings.all, block: () => slotView.head().number });
  const metricsServer = metrics && (await serveMetrics(metrics.registry, config.metrics!));
  if (metricsServer) log.info({ url: metricsServer.url }, "metrics are served");
  const loops = [runChainLoop(), syncLoop.run(signal), eviction.run(signal)];
  runner.start();

  let ended: Promise<void> | undefined;
  async function end(): Promise<void> {
    draining = true;
    syncLoop.nudge();
    const givenBack = canaries.stop();
    await Promise.all([runner.stop(), canaries.makeRoom()]);
    failures.end();
    await Promise.race([
      Promise.all([reporter.idle(), givenBack, syncLoop.farewell()]),
      clock.sleep(FAREWELL_MS),
    ]);
    stopping.abort();
    await Promise.race([Promise.all(loops), clock.sleep(FAREWELL_MS)]);
    metricsServer?.close();
    await Promise.race([tracing?.end(), clock.sleep(FAREWELL_MS)]);
    journal.close();
  }
  const stop = () => (ended ??= end());

  async function collect(): Promise<void> {
    const units = await withdrawOwed(chain, sender).catch((error: unknown) => {
      log.warn({ err: error }, "what is owed stays in the contract for now");
      return 0n;
    });
    log.info({ units: String(units) }, "drained");
  }

  return {
    address: operator,
    metricsUrl: metricsServer?.url,
    stop,
    async drain() {
      draining = true;
      log.info("draining: no new work is taken");
      void canaries.stop();
      const until = clock.now() + config.drainSeconds * 1000;
      const unfinished = () =>
        chainLoop.busy() ||
        holdings.all().some((one) => one.tasks.some((task) => !isDead(task.phase)));
      while (unfinished() && clock.now() < until && !ended) {
        wake.ring();
        await clock.sleep(DRAIN_LOOK_MS, signal);
      }
      if (!ended && !unfinished()) {
        const late = until - clock.now();
        await Promise.race([collect(), clock.sleep(Math.max(0, late), signal)]);
      }
      await stop();
    },
  };
}
