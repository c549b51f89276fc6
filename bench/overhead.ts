import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import type { Cleanup } from "../devnet/cleanup";
import { prepareBatch } from "../devnet/jobs/rollup";
import { thisMachine } from "../devnet/profiles";
import { loadPipelinePrograms } from "../devnet/programs";
import { setUpPipelines } from "../devnet/setup";
import { proveBare } from "./bare-rollup";
import { rollupMakespan } from "./rollup-makespan";
import { printResult, runBench, tableOf, whole } from "./run-bench";

// `npm run bench:overhead`: the makespan of the rollup through the market against the same programs run by a bare script with
// the same parallelism, in one run.

interface Flags {
  leaves: number;
  json?: string;
}

async function bench(flags: Flags, cleanup: Cleanup): Promise<void> {
  const { leaves } = flags;
  const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
  await setUpPipelines(["rollup"], say);
  const folder = await mkdtemp(join(tmpdir(), "froben-bench-"));
  cleanup.addFolder(folder);
  const programs = await loadPipelinePrograms(["rollup"]);
  const { cores } = thisMachine();
  const batch = await prepareBatch(programs, leaves, join(folder, "batch"));

  say("proving with a bare script");
  const bareMs = await proveBare(programs, batch, cores, join(folder, "bare"));
  say("proving through the market");
  const marketMs = await rollupMakespan({ leaves, say }, cleanup);

  const result = { leaves, cores, bareMs: Math.round(bareMs), marketMs, ratio: marketMs / bareMs };
  const table = tableOf(
    ["rollup", "makespan s", "ratio"],
    [
      ["bare script, no market", (bareMs / 1000).toFixed(1), "1.000"],
      ["through the market", (marketMs / 1000).toFixed(1), result.ratio.toFixed(3)],
    ],
  );
  await printResult([table], result, flags.json);
}

async function main(): Promise<void> {
  const flags = new Command("npm run bench:overhead --")
    .description(
      "Rollup makespan through the market against a bare script with the same parallelism.",
    )
    .option("--leaves <n>", "leaf proofs", whole, 4)
    .option("--json <file>", "write the result as data")
    .parse()
    .opts<Flags>();
  await runBench((cleanup) => bench(flags, cleanup));
}

void main();
