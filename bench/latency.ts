import { Command } from "commander";
import type { Cleanup } from "../devnet/cleanup";
import { setUpPipelines } from "../devnet/setup";
import { rollupMakespan } from "./rollup-makespan";
import { printResult, runBench, tableOf, whole } from "./run-bench";
import { LEVELS, pacedMakespan } from "./latency/paced";

// `npm run bench:latency`: makespans with slow blocks against the same with blocks that come at once, in one run. A workflow's end waits for
// one block in any case: for its final proof's verification, or for the transaction that ends it.

interface Flags {
  leaves: number;
  taskSeconds: number;
  blockSeconds: number;
  only?: "paced" | "rollup";
  json?: string;
}

/** Seconds between blocks that nobody waits for. */
const INSTANT = 0.25;

/** One pipeline with both kinds of blocks. */
async function compare(
  name: string,
  blockSeconds: number,
  makespan: (blockSeconds: number) => Promise<number>,
  say: (line: string) => void,
) {
  say(`${name}, blocks every ${INSTANT} s`);
  const instantMs = await makespan(INSTANT);
  say(`${name}, blocks every ${blockSeconds} s`);
  const slowMs = await makespan(blockSeconds);
  return {
    name,
    instantMs,
    slowMs,
    ratio: slowMs / instantMs,
    ratioBeforeFinality: (slowMs - blockSeconds * 1000) / instantMs,
  };
}

async function bench(flags: Flags, cleanup: Cleanup): Promise<void> {
  const { leaves, taskSeconds, blockSeconds, only } = flags;
  const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
  const pipelines = [];
  if (only !== "rollup") {
    const name = `paced: ${LEVELS} levels of ${taskSeconds} s`;
    const run = (seconds: number) => pacedMakespan({ taskSeconds, blockSeconds: seconds }, cleanup);
    pipelines.push(await compare(name, blockSeconds, run, say));
  }
  if (only !== "paced") {
    await setUpPipelines(["rollup"], say);
    const run = (seconds: number) =>
      rollupMakespan({ leaves, blockSeconds: seconds, say }, cleanup);
    pipelines.push(await compare("rollup", blockSeconds, run, say));
  }
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const table = tableOf(
    [
      "makespan, s",
      `blocks every ${INSTANT} s`,
      `every ${blockSeconds} s`,
      "ratio",
      "ratio without the last block",
    ],
    pipelines.map(({ name, instantMs, slowMs, ratio, ratioBeforeFinality }) => [
      name,
      seconds(instantMs),
      seconds(slowMs),
      ratio.toFixed(3),
      ratioBeforeFinality.toFixed(3),
    ]),
  );
  const result = { leaves, taskSeconds, blockSeconds, pipelines };
  await printResult([table], result, flags.json);
}

async function main(): Promise<void> {
  const flags = new Command("npm run bench:latency --")
    .description("Makespans with slow blocks against blocks that come at once.")
    .option("--leaves <n>", "leaf proofs of the rollup", whole, 4)
    .option("--task-seconds <n>", "how long a paced task takes", whole, 20)
    .option("--block-seconds <n>", "between slow blocks", whole, 12)
    .option("--only <pipeline>", "paced: tasks that wait; rollup: real proofs of seconds")
    .option("--json <file>", "write the result as data")
    .parse()
    .opts<Flags>();
  await runBench((cleanup) => bench(flags, cleanup));
}

void main();
