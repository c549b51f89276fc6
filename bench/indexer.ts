import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Command } from "commander";
import type { Cleanup } from "../devnet/cleanup";
import { startProcess, typescript } from "../devnet/processes";
import { ensureCompiled } from "../deploy/compiled";
import { cacheFolder } from "../provers/lib/cache-folder";
import type { Job, Measured } from "./indexer/measure";
import { readRecording, recordingName } from "./indexer/recording";
import { printResult, runBench, tableOf, whole } from "./run-bench";

// `npm run bench:indexer`: a cold start of the coordinator's indexer on a chain with many events of the market, until it has caught
// up with the head, beside a bare viem + better-sqlite3 loop that only stores them. The chain is real and made once; its
// node's answers are kept in the cache folder and given again by a local HTTP server.

interface Flags {
  events: number;
  perBlock: number;
  runs: number;
  json?: string;
}

/** Blocks on top of a final one: the coordinator's default. What is above it is read block by block, with undo. */
const FINALITY = 64;
const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
const script = (name: string, ...args: string[]) =>
  typescript(join(__dirname, "indexer", name), ...args);

/** @returns the file of the recorded chain, which is made when it is missing */
async function recorded({ events, perBlock }: Flags, cleanup: Cleanup): Promise<string> {
  const folder = cacheFolder("bench");
  await mkdir(folder, { recursive: true });
  const file = join(folder, recordingName(events, perBlock));
  if (existsSync(file)) return file;
  say(`making a chain with ${events} events, once; kept in ${folder}`);
  await ensureCompiled();
  const child = spawn(
    process.execPath,
    script("record.ts", file, String(events), String(perBlock)),
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  cleanup.addProcess(() => void child.kill());
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error("the chain could not be made");
  return file;
}

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;

/** The run with the median time. */
const middle = (runs: Measured[]): Measured =>
  runs.find(({ ms }) => ms === median(runs.map((run) => run.ms)))!;

async function bench(flags: Flags, cleanup: Cleanup): Promise<void> {
  const file = await recorded(flags, cleanup);
  const { events, chainId, market, minStake, blocks } = await readRecording(file);
  const folder = await mkdtemp(join(tmpdir(), "froben-bench-"));
  cleanup.addFolder(folder);
  const [, rpcUrl] = await startProcess({
    name: "replay-node",
    args: script("replay-node.ts", file),
    env: process.env as Record<string, string>,
    cwd: folder,
    logFolder: folder,
    ready: (line) => /^http:\S+/.exec(line)?.[0],
    timeoutMs: 120_000,
    cleanup,
  });
  say(`${events} events in ${blocks.length} blocks; ${flags.runs} runs of each`);
  const runs: Record<Job["what"], Measured[]> = { bare: [], indexer: [] };
  for (let run = 0; run < flags.runs; run++)
    for (const what of ["bare", "indexer"] as const) {
      const job: Job = { what, rpcUrl, chainId, market, minStake, finality: FINALITY, folder };
      job.folder = await mkdtemp(join(folder, `${what}-`));
      const { stdout } = await promisify(execFile)(
        process.execPath,
        script("measure.ts", JSON.stringify(job)),
      );
      const measured = JSON.parse(stdout) as Measured;
      if (measured.events !== events)
        throw new Error(`${what} kept ${measured.events} of ${events} events`);
      runs[what].push(measured);
      say(`${what}, run ${run + 1}: ${Math.round(events / (measured.ms / 1000))} events/s`);
    }

  const [bare, indexer] = [middle(runs.bare), middle(runs.indexer)];
  const figures = (measured: Measured) => ({
    eventsPerSecond: Math.round(events / (measured.ms / 1000)),
    coldStartMs: Math.round(measured.ms),
    cpuMicrosPerEvent: Number(((1000 * measured.cpuMs) / events).toFixed(1)),
    peakRssMb: measured.peakRssMb,
  });
  const result = {
    events,
    blocks: blocks.length,
    runs: flags.runs,
    bare: figures(bare),
    indexer: figures(indexer),
    timeRatio: Number((indexer.ms / bare.ms).toFixed(2)),
    cpuRatio: Number((indexer.cpuMs / bare.cpuMs).toFixed(2)),
  };
  const measured = [
    ["bare loop: no reorganisations, no state", result.bare],
    ["the coordinator's indexer", result.indexer],
  ] as const;
  const table = tableOf(
    ["indexing", "events/s", "cold start s", "CPU us/event", "peak MB"],
    measured.map(([name, of]) => [
      name,
      of.eventsPerSecond,
      (of.coldStartMs / 1000).toFixed(1),
      of.cpuMicrosPerEvent,
      of.peakRssMb,
    ]),
  );
  const { timeRatio, cpuRatio } = result;
  const ratios = `Medians of ${flags.runs} runs; time ${timeRatio}, CPU ${cpuRatio} of the bare loop's`;
  await printResult([table, ratios], result, flags.json);
}

async function main(): Promise<void> {
  const flags = new Command("npm run bench:indexer --")
    .description(
      "Cold start of the indexer on a chain with many events, beside a loop that only stores them.",
    )
    .option("--events <n>", "events on the chain, at least", whole, 200_000)
    .option("--per-block <n>", "events of one block", whole, 480)
    .option("--runs <n>", "runs of each", whole, 3)
    .option("--json <file>", "write the result as data")
    .parse()
    .opts<Flags>();
  await runBench((cleanup) => bench(flags, cleanup));
}

void main();
