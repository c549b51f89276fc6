import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import type { Cleanup } from "../devnet/cleanup";
import { typescript } from "../devnet/processes";
import type { DecisionRow } from "./decisions/measure";
import { printResult, runBench, tableOf, whole } from "./run-bench";

// `npm run bench:decisions`: what one decision of the matchmaker takes, with its record and its digest, in a market that is full: whenever a
// task ends, the next is decided.

const SIZES: [operators: number, tasks: number][] = [
  [47, 1_000],
  [1_000, 10_000],
  [10_000, 100_000],
];

const flags = new Command("npm run bench:decisions --")
  .description("Measures decisions of the matchmaker with many operators and many ready tasks.")
  .option("--operators <n>", "one size of your own: operators", whole)
  .option("--tasks <n>", "and ready tasks", whole, 10_000)
  .option("--decisions <n>", "that are measured of each size", whole, 100)
  .option("--workflow-tasks <n>", "tasks of one workflow, at most", whole, 1_000)
  .option("--within <seconds>", "all workflows prefer money to time: within so long", whole)
  .option("--json <file>", "write the result as data")
  .parse()
  .opts<{
    operators?: number;
    tasks: number;
    decisions: number;
    workflowTasks: number;
    within?: number;
    json?: string;
  }>();

const ms = (value: number) => value.toFixed(2);

/** Measures one size in a process of its own. */
async function measure(sizes: number[], cleanup: Cleanup): Promise<DecisionRow> {
  const child = spawn(
    process.execPath,
    typescript(join(__dirname, "decisions/one.ts"), ...sizes.map(String)),
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  cleanup.addProcess(() => void child.kill());
  const [row, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (code !== 0) throw new Error("decisions could not be measured");
  return JSON.parse(row) as DecisionRow;
}

void runBench(async (cleanup) => {
  const rows: DecisionRow[] = [];
  const { operators: own, tasks: ready } = flags;
  for (const [operators, tasks] of own === undefined ? SIZES : [[own, ready] as const]) {
    process.stderr.write(`${operators} operators, ${tasks} ready tasks ...\n`);
    const sizes = [operators, tasks, flags.decisions, flags.workflowTasks];
    rows.push(await measure([...sizes, ...(flags.within ? [flags.within] : [])], cleanup));
  }
  const table = tableOf(
    ["operators", "ready tasks", "decisions", "p50 ms", "p99", "max", "processor ms", "record B"],
    rows.map(({ operators, tasks, decisions, p50, p99, max, cpuMs, recordBytes }) => [
      operators,
      tasks,
      decisions,
      ...[p50, p99, max, cpuMs].map(ms),
      recordBytes,
    ]),
  );
  await printResult([table], { rows }, flags.json);
});
