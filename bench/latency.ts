import Table from "cli-table3";
import { Command } from "commander";
import type { Cleanup } from "../devnet/cleanup";
import { setUpPipelines } from "../devnet/setup";
import { rollupMakespan } from "./rollup-makespan";
import { printResult, runBench, whole } from "./run-bench";

// `npm run bench:latency`: the makespan of the rollup with slow blocks against the same with blocks that come at once, in one run.
// Both end with the final proof's verification on-chain, for which alone one block has to be waited for.

interface Flags {
  leaves: number;
  blockSeconds: number;
  json?: string;
}

/** Seconds between blocks that nobody waits for. */
const INSTANT = 0.25;

async function bench(flags: Flags, cleanup: Cleanup): Promise<void> {
  const { leaves, blockSeconds } = flags;
  const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
  await setUpPipelines(["rollup"], say);
  say(`blocks every ${INSTANT} s`);
  const instantMs = await rollupMakespan({ leaves, blockSeconds: INSTANT, say }, cleanup);
  say(`blocks every ${blockSeconds} s`);
  const slowMs = await rollupMakespan({ leaves, blockSeconds, say }, cleanup);

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
  const result = { leaves, blockSeconds, instantMs, slowMs, ratio, ratioBeforeFinality };
  await printResult([table.toString()], result, flags.json);
}

async function main(): Promise<void> {
  const flags = new Command("npm run bench:latency --")
    .description("Rollup makespan with slow blocks against blocks that come at once.")
    .option("--leaves <n>", "leaf proofs", whole, 4)
    .option("--block-seconds <n>", "between slow blocks", whole, 12)
    .option("--json <file>", "write the result as data")
    .parse()
    .opts<Flags>();
  await runBench((cleanup) => bench(flags, cleanup));
}

void main();
