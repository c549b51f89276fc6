import Database from "better-sqlite3";
import { join } from "node:path";
import type { Address } from "viem";
import { connect } from "../../offchain/chain/clients";
import { startIndexer } from "../../offchain/chain/indexer";
import { Ledger } from "../../offchain/chain/ledger";
import { closeDatabase, openDatabase } from "../../offchain/db/client";
import { silentLog } from "../../test/support/silent-log";
import { bareLoop } from "./bare-loop";

// One measurement, in a process of its own, so that none finds code that another has warmed up.

export interface Job {
  what: "indexer" | "bare";
  rpcUrl: string;
  chainId: number;
  market: Address;
  minStake: string;
  finality: number;
  /** Empty folder for the database. */
  folder: string;
}

export interface Measured {
  /** From opening the database to standing at the chain's head. */
  ms: number;
  /** Processor time of this process meanwhile, all of its threads. */
  cpuMs: number;
  peakRssMb: number;
  /** Events in the database. */
  events: number;
}

async function index(job: Job, file: string): Promise<void> {
  const { market, chainId, finality } = job;
  const db = openDatabase(file);
  const ledger = new Ledger(db, { chainId, market, fromBlock: 0 }, BigInt(job.minStake), 0);
  const client = connect(job.rpcUrl, 500);
  const indexer = startIndexer({
    ...{ client, market, fromBlock: 0, finality, ledger },
    pollMs: 50,
    log: silentLog,
  });
  await indexer.caughtUp();
  await indexer.stop();
  closeDatabase(db);
}

function countOf(file: string, table: string): number {
  const db = new Database(file, { readonly: true });
  const { n } = db.prepare<[], { n: number }>(`select count(*) as n from ${table}`).get()!;
  db.close();
  return n;
}

async function main(): Promise<void> {
  const job = JSON.parse(process.argv[2]!) as Job;
  const file = join(job.folder, `${job.what}.sqlite`);
  const started = performance.now();
  const before = process.cpuUsage();
  if (job.what === "indexer") await index(job, file);
  else await bareLoop(connect(job.rpcUrl, 500), job.market, file);
  const { user, system } = process.cpuUsage(before);
  const measured: Measured = {
    ms: performance.now() - started,
    cpuMs: (user + system) / 1000,
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    events: countOf(file, job.what === "indexer" ? "chain_events" : "events"),
  };
  process.stdout.write(`${JSON.stringify(measured)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
