import { readFile, writeFile } from "node:fs/promises";
import { Option, type Command } from "commander";
import { FrobenError } from "../../protocol/errors";
import type { SimWorkflow } from "../../offchain/simulate/model";
import type { Policy, Simulation } from "../../offchain/simulate/result";
import type { Cli } from "../context";
import { EXIT, QuietExit } from "../errors";
import { wholeNumber } from "../numbers";
import { fields } from "../render/table";

interface Flags {
  workflow: string[];
  operators: string;
  policy: Policy;
  seed: number;
  faults?: string;
  out?: string;
  gantt?: string;
  ignoreTransfers?: true;
  knownDurations?: true;
}

function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new FrobenError("file_unreadable", `can't read ${path}`, { value: path, cause });
  });
}

/** WfFormat is JSON, STG is numbers. Workflows of one name are told apart by their place. */
async function readWorkflows({ workflow, ignoreTransfers }: Flags): Promise<SimWorkflow[]> {
  const { parseWfFormat } = await import("../../offchain/simulate/read/wfformat");
  const { parseStg } = await import("../../offchain/simulate/read/stg");
  const found: SimWorkflow[] = [];
  for (const path of workflow) {
    const text = await read(path);
    const parsed = text.trimStart().startsWith("{")
      ? parseWfFormat(text, path, ignoreTransfers ?? false)
      : parseStg(text, path);
    const taken = found.some(({ name }) => name === parsed.name);
    found.push(taken ? { ...parsed, name: `${parsed.name}#${found.length + 1}` } : parsed);
  }
  return found;
}

const seconds = (value: number | null) => (value === null ? "not done" : `${value.toFixed(1)} s`);

function report(result: Simulation): string[] {
  const { policy, seed, makespan, lowerBound, ratio, cost, attempts, workflows } = result;
  const failed = attempts.filter(({ outcome }) => outcome !== "done").length;
  return [
    ...fields([
      ["policy", `${policy}, seed ${seed}`],
      ["makespan", seconds(makespan)],
      ["lower bound", seconds(lowerBound)],
      ["ratio", ratio === null ? "none" : ratio.toFixed(3)],
      ["cost", cost.toFixed(2)],
      ["attempts", `${attempts.length}, ${failed} of them failed`],
    ]),
    ...workflows.map(
      ({ name, state, tasks, end }) =>
        `${name}: ${tasks} tasks, ${state}${end === null ? "" : ` after ${seconds(end)}`}`,
    ),
  ];
}

/** `froben simulate`: the market's own scheduler and matchmaker on simulated time; needs no chain and no coordinator. */
export function addSimulate(program: Command, cli: Cli): void {
  program
    .command("simulate")
    .description("run workflows on a simulated market, and compare with what no schedule can beat")
    .requiredOption("--workflow <file...>", "WfFormat 1.5 (JSON) or Standard Task Graph")
    .requiredOption("--operators <file>", "the operators (JSON)")
    .addOption(
      new Option("--policy <name>", "who decides")
        .choices(["froben", "fifo", "random", "heft", "cheapest"])
        .default("froben"),
    )
    .option("--seed <n>", "the same seed gives the same run", wholeNumber, 1)
    .option("--faults <file>", "what goes wrong (JSON)")
    .option("--out <file>", "write the whole result as JSON")
    .option("--gantt <file.svg>", "draw who ran what when")
    .option("--ignore-transfers", "take data transfer to cost no time")
    .option("--known-durations", "let the scheduler know each task's true duration")
    .addHelpText(
      "after",
      "\nFormats and what is measured: docs/scheduling.md.\n\nExit codes: 0 all workflows were done, 1 one was not or a file is malformed, 2 wrong usage.\n\nExamples:\n  froben simulate --workflow batch/batch-1.json --operators batch/fleet.json --gantt run.svg\n  froben simulate --workflow graph.stg --operators fleet.json --policy heft --known-durations",
    )
    .action(async (flags: Flags) => {
      const { parseOperators } = await import("../../offchain/simulate/read/operators");
      const { parseFaults, withFaults } = await import("../../offchain/simulate/faults");
      const { simulate } = await import("../../offchain/simulate/simulate");
      const workflows = await readWorkflows(flags);
      const { operators: path, policy, seed, faults, knownDurations } = flags;
      const declared = parseOperators(await read(path), path);
      const operators = faults
        ? withFaults(declared, parseFaults(await read(faults), faults), seed)
        : declared;
      const result = simulate({ workflows, operators, policy, seed, knownDurations });
      if (flags.out) await writeFile(flags.out, `${JSON.stringify(result, null, 2)}\n`);
      if (flags.gantt) {
        const { gantt } = await import("../../offchain/simulate/gantt");
        await writeFile(flags.gantt, gantt(result));
      }
      cli.print(result, () => report(result));
      if (result.makespan === null) throw new QuietExit(EXIT.failure);
    });
}
