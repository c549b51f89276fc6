import { writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { InvalidArgumentError, Option, type Command } from "commander";
import type { SimWorkflow } from "../../offchain/simulate/model";
import type { Policy, Simulation } from "../../offchain/simulate/result";
import type { Cli } from "../context";
import { EXIT, QuietExit } from "../errors";
import { wholeNumber } from "../numbers";
import { readText } from "../read-text";
import { fields } from "../render/table";
import { simulationOutput } from "../simulation-output";

/**
 * How much bytecode V8 puts into one function, a third of what it does else. A market of an hour is simulated in a second, in which compiling takes as
 * much of a processor as half of all else; long simulations take as long as without.
 */
const LITTLE_INLINED = "--max-inlined-bytecode-size-cumulative=300";

interface Flags {
  workflow: string[];
  operators: string;
  policy: Policy;
  seed: number;
  faults?: string;
  out?: string;
  decisions?: string;
  gantt?: string;
  ignoreTransfers?: true;
  knownDurations?: true;
  standby?: true;
  canaries?: true;
  within?: number;
  weight?: Record<string, number>;
}

/** `FILE@SECONDS#REQUESTER`: when the workflow is opened, and whose it is. */
function placed(argument: string): { path: string; arrivesAt?: number; requester?: string } {
  const [, file, requester] = /^(.+)#([\w-]+)$/.exec(argument) ?? [, argument];
  const [, path, at] = /^(.+)@(\d+(?:\.\d+)?)$/.exec(file!) ?? [, file];
  return {
    path: path!,
    ...(at !== undefined && { arrivesAt: Number(at) }),
    ...(requester !== undefined && { requester }),
  };
}

/** `REQUESTER=WEIGHT`, once for each. */
function weight(argument: string, known: Record<string, number> = {}): Record<string, number> {
  const [, requester, times] = /^([\w-]+)=(\d+(?:\.\d+)?)$/.exec(argument) ?? [];
  if (requester === undefined || !(Number(times) >= 0.1 && Number(times) <= 100))
    throw new InvalidArgumentError("REQUESTER=WEIGHT is expected, with a weight from 0.1 to 100.");
  return { ...known, [requester]: Number(times) };
}

/** Workflows of one name are told apart by their place. */
async function readWorkflows({ workflow, ignoreTransfers, seed }: Flags): Promise<SimWorkflow[]> {
  const { parseWorkflow } = await import("../../offchain/simulate/read/workflow");
  const found: SimWorkflow[] = [];
  for (const argument of workflow) {
    const { path, ...arrival } = placed(argument);
    const parsed = await parseWorkflow(await readText(path), path, {
      ignoreTransfers: ignoreTransfers ?? false,
      seed,
      readBeside: (name) => readText(resolve(dirname(path), name)),
    });
    const taken = found.some(({ name }) => name === parsed.name);
    const name = taken ? `${parsed.name}#${found.length + 1}` : parsed.name;
    found.push({ ...parsed, ...arrival, name });
  }
  return found;
}

const seconds = (value: number | null) => (value === null ? "not done" : `${value.toFixed(1)} s`);

function report(result: Simulation, { attempts, failed }: Record<"attempts" | "failed", number>) {
  const { policy, seed, makespan, lowerBound, ratio, cost, workflows } = result;
  return [
    ...fields([
      ["policy", `${policy}, seed ${seed}`],
      ["makespan", seconds(makespan)],
      ["lower bound", seconds(lowerBound)],
      ["ratio", ratio === null ? "none" : ratio.toFixed(3)],
      ["cost", cost.toFixed(2)],
      ["attempts", `${attempts}, ${failed} of them failed`],
    ]),
    ...workflows.map(({ name, state, tasks, tasksFailed, tasksLeftOut, arrivesAt, end }) => {
      const after = end === null ? "" : ` after ${seconds(end - arrivesAt)}`;
      const without =
        tasksFailed > 0 ? ` without ${tasksFailed} that failed and ${tasksLeftOut} left out` : "";
      const opened = arrivesAt > 0 ? `, opened at ${arrivesAt} s` : "";
      return `${name}: ${tasks} tasks, ${state}${after}${without}${opened}`;
    }),
    ...workflows.flatMap(({ name, assumed }) =>
      assumed.map(({ message }) => `assumed of ${name}: ${message}`),
    ),
  ];
}

/** `froben simulate`: the market's own scheduler and matchmaker on simulated time; needs no chain and no coordinator. */
export function addSimulate(program: Command, cli: Cli): void {
  program
    .command("simulate")
    .description("run workflows on a simulated market, and compare with what no schedule can beat")
    .requiredOption(
      "--workflow <file...>",
      "a spec, alone or with a model of its runs, WfFormat 1.5 (both JSON), or a Standard Task Graph; FILE@SECONDS says when it is opened, FILE#REQUESTER whose it is",
    )
    .requiredOption("--operators <file>", "the operators (JSON)")
    .addOption(
      new Option("--policy <name>", "who decides")
        .choices(["froben", "fifo", "random", "heft", "cheapest"])
        .default("froben"),
    )
    .option("--seed <n>", "the same seed gives the same run", wholeNumber, 1)
    .option("--faults <file>", "what goes wrong (JSON)")
    .option("--out <file>", "write the whole result as JSON")
    .option("--decisions <file.jsonl>", "write each decision as a line of JSON, and not into --out")
    .option("--gantt <file.svg>", "draw who ran what when")
    .option("--ignore-transfers", "take data transfer to cost no time")
    .option(
      "--within <seconds>",
      "prefer money: as cheaply as can be within so many seconds",
      wholeNumber,
    )
    .option("--weight <requester=n>", "how many times another's share a requester has", weight)
    .option("--standby", "make copies of stragglers (policy froben)")
    .option("--canaries", "ask idle newcomers for finished tasks again (policy froben)")
    .option("--known-durations", "let the scheduler know each task's true duration")
    .addHelpText(
      "after",
      "\nFormats and what is measured: docs/scheduling.md.\n\nExit codes: 0 all workflows were done, 1 one was not or a file is malformed, 2 wrong usage.\n\nExamples:\n  froben simulate --workflow batch/batch-1.json --operators batch/fleet.json --gantt run.svg\n  froben simulate --workflow graph.stg --operators fleet.json --policy heft --known-durations\n  froben simulate --workflow spec.json model.json@600 --operators fleet.json\n  froben simulate --workflow a.json#ann b.json#ann c.json#ben --weight ben=3 --operators fleet.json",
    )
    .action(async (flags: Flags) => {
      setFlagsFromString(LITTLE_INLINED);
      const { parseOperators } = await import("../../offchain/simulate/read/operators");
      const { parseFaults, withFaults } = await import("../../offchain/simulate/faults");
      const { simulate } = await import("../../offchain/simulate/simulate");
      const workflows = await readWorkflows(flags);
      const { operators: path, policy, seed, faults, knownDurations, standby, within } = flags;
      const declared = parseOperators(await readText(path), path);
      const operators = faults
        ? withFaults(declared, parseFaults(await readText(faults), faults), seed)
        : declared;
      const isJson = cli.flags().json === true;
      const output = await simulationOutput({
        decisions: flags.decisions,
        results: flags.out,
        screen: isJson ? (text) => cli.io.out(text) : undefined,
        keepsAttempts: flags.gantt !== undefined,
      });
      const result = simulate({
        ...{ operators, policy, seed, knownDurations, standby, weights: flags.weight },
        canaries: flags.canaries && [],
        workflows:
          within === undefined
            ? workflows
            : workflows.map((of) => ({ ...of, withinSeconds: within })),
        onDecision: output.onDecision,
        onAttempt: output.onAttempt,
      });
      const counts = output.end(result);
      if (flags.gantt) {
        const { gantt } = await import("../../offchain/simulate/gantt");
        await writeFile(flags.gantt, gantt(result));
      }
      if (!isJson) cli.print(result, () => report(result, counts));
      if (result.makespan === null) throw new QuietExit(EXIT.failure);
    });
}
