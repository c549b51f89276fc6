import Table from "cli-table3";
import { Command } from "commander";
import { measure, type DecisionRow } from "./decisions/measure";
import { printResult, runBench, whole } from "./run-bench";

// `npm run bench:decisions`: what one decision of the matchmaker takes, with its record and its digest, in a market that is full: whenever a
// task ends, the next is decided.

const SIZES: [operators: number, tasks: number][] = [
  [47, 1_000],
  [1_000, 10_000],
  [1_000, 100_000],
  [10_000, 100_000],
];

const flags = new Command("npm run bench:decisions --")
  .description("Measures decisions of the matchmaker with many operators and many ready tasks.")
  .option("--operators <n>", "only sizes with so many", whole)
  .option("--decisions <n>", "that are measured of each size", whole, 100)
  .option("--json <file>", "write the result as data")
  .parse()
  .opts<{ operators?: number; decisions: number; json?: string }>();

const ms = (value: number) => value.toFixed(2);

void runBench(async () => {
  const table = new Table({
    head: [
      "operators",
      "ready tasks",
      "decisions",
      "p50 ms",
      "p99",
      "max",
      "processor ms",
      "record B",
    ],
    style: { head: [], border: [] },
  });
  const rows: DecisionRow[] = [];
  for (const [operators, tasks] of SIZES) {
    if (flags.operators !== undefined && operators !== flags.operators) continue;
    process.stderr.write(`${operators} operators, ${tasks} ready tasks ...\n`);
    const row = measure(operators, tasks, flags.decisions);
    rows.push(row);
    const { decisions, p50, p99, max, cpuMs, recordBytes } = row;
    table.push([operators, tasks, decisions, ...[p50, p99, max, cpuMs].map(ms), recordBytes]);
  }
  await printResult([table.toString()], { rows }, flags.json);
});
