import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import express from "express";
import type { Hex } from "viem";
import type { ApiDeps } from "../../offchain/api/deps";
import { Lifecycle } from "../../offchain/api/lifecycle";
import { RequestNonces } from "../../offchain/api/nonces";
import { createApp, serve } from "../../offchain/api/server";
import { openFolderStore } from "../../offchain/artifacts/folder-store";
import { keptStore } from "../../offchain/artifacts/kept-store";
import { Retention } from "../../offchain/artifacts/retention";
import { createCoordinator } from "../../offchain/coordinator/coordinator";
import type { Coordinator, TransactionSender } from "../../offchain/coordinator/facade";
import { closeDatabase, openDatabase } from "../../offchain/db/client";
import { createLog } from "../../offchain/log";
import { createMetrics } from "../../offchain/metrics/metrics";
import { systemClock } from "../../offchain/runtime/clock";
import { Estimator } from "../../offchain/simulate/estimate/estimator";
import { marketDomain } from "../../protocol/eip712";
import { LIMITS } from "../../protocol/limits";
import { quickAccount } from "../../protocol/secp256k1";
import { parseSpec } from "../../protocol/validate-spec";
import { InstantChain } from "./instant-chain";
import { judge } from "./judge";
import { CHAIN_ID, MARKET } from "./market";

// The coordinator's process of the bench without a chain: the product's own parts but for those that reach a node. Environment in, one
// line that says where it listens.

const { BENCH_KEY, BENCH_FOLDER, BENCH_LOG } = process.env as Record<string, string>;

/** Claims what is given out and commits what is accepted, as an operator's transactions would. */
function onChainAtOnce(coordinator: Coordinator, chain: InstantChain): Coordinator {
  return {
    ...coordinator,
    async sync(address, body) {
      const answer = await coordinator.sync(address, body);
      for (const assignment of answer.assignments) chain.claim(assignment);
      return answer;
    },
    async acceptance(address, body) {
      const answer = await coordinator.acceptance(address, body);
      chain.commit(body.word, BigInt(body.mask), body.commitments as Hex[]);
      return answer;
    },
  };
}

async function main(): Promise<void> {
  const account = quickAccount(BENCH_KEY as Hex);
  const folder = BENCH_FOLDER!;
  mkdirSync(folder, { recursive: true });
  const log = createLog(BENCH_LOG ?? "info");
  const db = openDatabase(join(folder, "coordinator.sqlite"));
  const kept = { graceMs: 86_400_000, retainMs: 86_400_000 };
  const retention = new Retention(db, systemClock, kept);
  const store = keptStore(await openFolderStore(join(folder, "artifacts")), retention);
  const chain = new InstantChain(join(folder, "chain.json"));
  const metrics = createMetrics();
  const nonces = new RequestNonces(db);
  const sender: TransactionSender = {
    send(purpose) {
      if (purpose.startsWith("finish/")) chain.finish();
      return Promise.resolve({ hash: `0x${"77".repeat(32)}` });
    },
  };
  const coordinator = createCoordinator({
    ...{ db, account, chain, sender, store, retention, log },
    calls: {
      chainId: CHAIN_ID,
      market: MARKET,
      lateClaims: 0,
      verify: () => Promise.resolve(true),
    },
    validator: judge,
    clock: systemClock,
    metrics: metrics.work,
    along: nonces,
    settings: {
      claimBySeconds: 30,
      weights: {},
      operatorSilenceMs: 60_000,
      canaryIdleMs: 30_000,
      validations: 1,
      validationLimits: { seconds: 60, memoryMb: 512 },
      seed: "bench",
    },
  });
  chain.listener = (change) => coordinator.chainChanged(change);
  await coordinator.recover();
  const lifecycle = new Lifecycle();
  const deps: ApiDeps = {
    ...{ db, nonces, store, metrics, lifecycle, log, validator: judge, clock: systemClock },
    coordinator: onChainAtOnce(coordinator, chain),
    estimator: new Estimator((programs) => coordinator.views.snapshot(programs)),
    market: {
      chainId: CHAIN_ID,
      market: MARKET,
      coordinator: account.address,
      unit: "1",
      fromBlock: 0,
      version: "bench",
    },
    domain: marketDomain(CHAIN_ID, MARKET),
    health: () => {
      const { block, timestamp } = chain.head();
      return { block, blockTime: timestamp, head: block, polledAt: Date.now(), failures: 0 };
    },
    maxBehind: 8,
    maxArtifactBytes: LIMITS.maxArtifactBytes,
  };
  const app = express()
    .post("/bench/open", (_request, response) => {
      const spec = parseSpec(JSON.parse(readFileSync(join(folder, "spec.json"), "utf8")));
      void store.write(readFileSync(join(folder, "spec.json"))).then(() => {
        chain.open(1, spec, account.address);
        response.json({ workflow: 1 });
      });
    })
    .use(createApp(deps));
  const { url, close } = await serve(app, "127.0.0.1", Number(process.env.BENCH_PORT ?? 0));
  process.stdout.write(`${JSON.stringify({ listening: url })}\n`);
  process.on("SIGTERM", () => {
    lifecycle.drain();
    void coordinator
      .stop()
      .then(() => close(100))
      .then(() => {
        chain.save();
        closeDatabase(db);
        process.exit(0);
      });
  });
}

void main();
