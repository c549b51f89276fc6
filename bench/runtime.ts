import { resolve } from "node:path";
import { Command } from "commander";
import { Cleanup } from "../devnet/cleanup";
import { runChained } from "./runtime/chained";
import { runInstant } from "./runtime/instant";
import type { Measured } from "./runtime/measure";
import { runOptions } from "./runtime/options";
import { printResult, runBench, tableOf, whole } from "./run-bench";

// `npm run bench:runtime`: a workflow of tasks that do nothing through a coordinator and operators, so that all that is left is what
// they cost. Without a chain, where everything is included at once, and with a local one. See docs/benches.md.

interface Flags {
  tasks: number[];
  operators: number;
  chain?: boolean;
  logLevel: string;
  profile?: string;
  json?: string;
}

const say = (line: string) => process.stderr.write(`bench: ${line}\n`);

function print(title: string, runs: Measured[]): void {
  const list = (values: Record<string, number>) =>
    Object.entries(values)
      .map(([kind, value]) => `${kind} ${value}`)
      .join("\n");
  const table = tableOf(
    ["tasks", "tasks/s", "CPU ms/task", "of which", "peak MB", "restart s (CPU)"],
    runs.map((run) => [
      run.tasks,
      run.tasksPerSecond,
      run.totalCpuMs,
      list(run.cpuMs),
      list(run.peakMb),
      `${run.restartSeconds} (${run.restartCpuSeconds})`,
    ]),
  );
  process.stdout.write(`${title}\n${table}\n`);
}

async function bench(flags: Flags, cleanup: Cleanup): Promise<void> {
  const modes = [
    { name: "without a chain", wanted: flags.chain !== true, run: runInstant },
    { name: "with a local chain", wanted: flags.chain !== false, run: runChained },
  ].filter(({ wanted }) => wanted);
  const result: Record<string, Measured[]> = {};
  for (const { name, run } of modes) {
    const runs: Measured[] = [];
    for (const tasks of flags.tasks) {
      say(`${tasks} tasks ${name}`);
      const own = new Cleanup();
      cleanup.add(() => own.run());
      runs.push(await run(runOptions(flags, tasks), own));
      await own.run();
      say(JSON.stringify(runs.at(-1)));
    }
    print(name, runs);
    result[name] = runs;
  }
  await printResult([`${flags.operators} operators`], result, flags.json);
}

async function main(): Promise<void> {
  const flags = new Command("npm run bench:runtime --")
    .description("Tasks that do nothing through coordinator and operators: what the market costs.")
    .option(
      "--tasks <n,n>",
      "sizes of the workflow",
      (text) => text.split(",").map(whole),
      [1_000, 10_000, 100_000],
    )
    .option("--operators <n>", "operators, a process each", whole, 2)
    .option("--chain", "only with a local chain")
    .option("--no-chain", "only without a chain")
    .option("--log-level <level>", "of coordinator and operators", "info")
    .option("--profile <folder>", "write a CPU profile of each process there", (path) =>
      resolve(path),
    )
    .option("--json <file>", "write the result as data")
    .parse()
    .opts<Flags>();
  await runBench((cleanup) => bench(flags, cleanup));
}

void main();
