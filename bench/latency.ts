import { writeFile } from "node:fs/promises";
import Table from "cli-table3";
import { Command } from "commander";
import { Cleanup } from "../devnet/cleanup";
import { runMainJob } from "../devnet/run";
import { setUpPipelines } from "../devnet/setup";
import { runBench } from "./run-bench";

// `npm run bench:latency`: the makespan of the rollup with slow blocks against the same with blocks that come at once, in one run.
// Both end with the final proof's verification on-chain, for which alone one block has to be waited for.

interface Flags {
  leaves: string;
  blockSeconds: string;
  json?: string;
}

/** Seconds between blocks that nobody waits for. */
const INSTANT = 0.25;

/** @returns from the workflow's opening to its final proof's verification, milliseconds */
async function makespan(
  leaves: number,
  blockSeconds: number,
  say: (line: string) => void,
  cleanup: Cleanup,
): Promise<number> {
  const market = new Cleanup();
  cleanup.add(() => market.run());
  const report = await runMainJob(
    {
      pipelines: ["rollup"],
      leaves,
      operators: 6,
      blockSeconds,
      onStep: say,
      out: process.stderr as NodeJS.WriteStream,
      signal: new AbortController().signal,
    },
    market,
  );
  await market.run();
  if (!report.ok) throw new Error(`the run failed: ${report.failures.join("; ")}`);
  return report.workflows[0]!.makespanMs;
}

async function bench(flags: Flags, cleanup: Cleanup): Promise<void> {
  const [leaves, blockSeconds] = [Number(flags.leaves), Number(flags.blockSeconds)];
  const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
  await setUpPipelines(["rollup"], say);
  say(`blocks every ${INSTANT} s`);
  const instantMs = await makespan(leaves, INSTANT, say, cleanup);
  say(`blocks every ${blockSeconds} s`);
  const slowMs = await makespan(leaves, blockSeconds, say, cleanup);

  const finalityMs = blockSeconds * 1000;
  const ratio = slowMs / instantMs;
  const ratioBeforeFinality = (slowMs - finalityMs) / instantMs;
  const table = new Table({
    head: ["rollup", "makespan s", "ratio", "ratio without finality's block"],
    style: { head: [], border: [] },
  });
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  table.push([`blocks every ${INSTANT} s`, seconds(instantMs), "1.000", "1.000"]);
  table.push([
    `blocks every ${blockSeconds} s`,
    seconds(slowMs),
    ratio.toFixed(3),
    ratioBeforeFinality.toFixed(3),
  ]);
  process.stdout.write(`${table.toString()}\n`);
  const result = { leaves, blockSeconds, instantMs, slowMs, ratio, ratioBeforeFinality };
  if (flags.json) await writeFile(flags.json, `${JSON.stringify(result, null, 2)}\n`);
}

async function main(): Promise<void> {
  const flags = new Command("npm run bench:latency --")
    .description("Rollup makespan with slow blocks against blocks that come at once.")
    .option("--leaves <n>", "leaf proofs", "4")
    .option("--block-seconds <n>", "between slow blocks", "12")
    .option("--json <file>", "write the result as data")
    .parse()
    .opts<Flags>();
  await runBench((cleanup) => bench(flags, cleanup));
}

void main();
