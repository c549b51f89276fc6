import { Command } from "commander";
import { withFaults, type Faults } from "../offchain/simulate/faults";
import { parseOperators } from "../offchain/simulate/read/operators";
import { parseWfFormat } from "../offchain/simulate/read/wfformat";
import { BASELINES } from "../offchain/simulate/policies";
import {
  POLICIES,
  type Policy,
  type Simulation,
  type SimulationOptions,
} from "../offchain/simulate/result";
import { simulate } from "../offchain/simulate/simulate";
import { FLEET, zksyncBatch } from "../pipelines/zksync-batch";
import { scheduleMistakes } from "../test/support/check-schedule";
import { graphOf, SHAPES, type ShapeName } from "./graphs";
import { printResult, runBench, tableOf, whole } from "./run-bench";
import { measureCost } from "./schedule/cost";
import { measureFairness } from "./schedule/fairness";
import { measureLearning } from "./schedule/learning";
import { measureSizes } from "./schedule/sizes";
import { measureStrangers } from "./schedule/strangers";
import { measureTransfers } from "./schedule/transfers";

// `npm run bench:schedule`: makespans of zksync-batch on its fleet against the lower bound, for each policy, and of graphs of many
// shapes with known durations on identical machines; how fair the market is to requesters who come together; and what it is
// worth to know how large inputs are, and who has them. Every schedule is checked.

const FAULTS: Record<string, Faults> = {
  "no faults": { failureRate: 0 },
  // The measure of the bad case: 10% of attempts fail, three machines leave during the run, two are ten times slower than they say.
  faults: {
    failureRate: 0.1,
    leave: { count: 3, from: 0, to: 600 },
    slow: { count: 2, factor: 10 },
  },
};

/** Each policy, and froben with standby copies of stragglers. */
const VARIANTS: { name: string; policy: Policy; standby?: true }[] = [
  { name: "froben", policy: "froben" },
  { name: "froben, copies", policy: "froben", standby: true },
  ...BASELINES.map((policy) => ({ name: policy, policy })),
];
const GRAPH_SIZES = [100, 300];
const MACHINES = [2, 4, 8, 16];

interface Row {
  case: string;
  policy: string;
  runs: number;
  done: number;
  meanRatio: number;
  worstRatio: number;
  meanMakespan: number;
  meanCost: number;
  /** Cost of the time of cancelled attempts, unpaid. */
  meanWaste: number;
}

function measureBatch(faults: string, variant: (typeof VARIANTS)[number], seeds: number): Row {
  const fleet = parseOperators(JSON.stringify(FLEET), "fleet");
  const { name, policy, standby } = variant;
  const results = Array.from({ length: seeds }, (_, i) => {
    const seed = i + 1;
    const workflow = parseWfFormat(JSON.stringify(zksyncBatch(seed)), "zksync-batch", true);
    const operators = withFaults(fleet, FAULTS[faults]!, seed);
    return checked({ workflows: [workflow], operators, policy, seed, standby });
  });
  return rowOf(faults, name, results);
}

/** Graphs of all shapes, sizes and numbers of machines. */
function measureGraphs(policy: Policy, shapes: ShapeName[], seeds: number): Row {
  const results: Simulation[] = [];
  for (const shape of shapes)
    for (const size of GRAPH_SIZES)
      for (const machines of MACHINES)
        for (let seed = 1; seed <= seeds; seed++) {
          const workflows = [graphOf(shape, size, seed)];
          const operators = machinesOf(machines);
          results.push(checked({ workflows, operators, policy, seed, knownDurations: true }));
        }
  return rowOf(shapes.length === 1 ? `graphs: ${shapes[0]}` : "graphs: all", policy, results);
}

/** Identical machines of one core. */
const machinesOf = (count: number) =>
  parseOperators(JSON.stringify([{ id: "m", count, cores: 1, memoryMb: 1 }]), "machines");

/** @throws Error when the schedule is not a schedule */
function checked(options: SimulationOptions): Simulation {
  const { workflows, operators, policy, seed } = options;
  const result = simulate(options);
  const mistakes = scheduleMistakes(result, workflows, operators);
  if (mistakes.length > 0) throw new Error(`${policy}, seed ${seed}: ${mistakes[0]}`);
  return result;
}

function rowOf(name: string, policy: string, results: Simulation[]): Row {
  const done = results.filter(({ makespan }) => makespan !== null);
  const mean = (of: (r: (typeof results)[number]) => number) =>
    done.reduce((sum, r) => sum + of(r), 0) / done.length;
  return {
    case: name,
    policy,
    runs: results.length,
    done: done.length,
    meanRatio: mean((r) => r.ratio!),
    worstRatio: Math.max(...done.map((r) => r.ratio!)),
    meanMakespan: mean((r) => r.makespan!),
    meanCost: mean((r) => r.cost),
    meanWaste: mean((r) => r.waste.cost),
  };
}

async function main(): Promise<void> {
  const flags = new Command("npm run bench:schedule --")
    .description(
      "Makespans of zksync-batch and of other graphs against the lower bound, by policy.",
    )
    .option("--seeds <n>", "seeds 1 to n", whole, 20)
    .option("--fairness-seeds <n>", "the same, of the cases of fairness", whole, 3)
    .option("--strangers", "only newcomers, sybils and bad operators")
    .option("--json <file>", "write the result as data")
    .parse()
    .opts<{ seeds: number; fairnessSeeds: number; strangers?: true; json?: string }>();
  await runBench(async () => {
    const strangers = measureStrangers(flags.seeds);
    const unknown = tableOf(
      ["measure", "case", "canaries", "mean", "worst"],
      strangers.map((r) => [
        r.what,
        r.case,
        r.canaries ? "yes" : "no",
        r.mean.toFixed(3),
        r.worst?.toFixed(3) ?? "",
      ]),
    );
    if (flags.strangers) return printResult([unknown], { strangers }, flags.json);
    const graphSeeds = Math.ceil(flags.seeds / 5);
    const shapes = Object.keys(SHAPES) as ShapeName[];
    const rows = [
      ...Object.keys(FAULTS).flatMap((faults) =>
        VARIANTS.map((variant) => measureBatch(faults, variant, flags.seeds)),
      ),
      ...shapes.map((shape) => measureGraphs("froben", [shape], graphSeeds)),
      ...POLICIES.map((policy) => measureGraphs(policy, shapes, graphSeeds)),
    ];
    const table = tableOf(
      ["case", "policy", "done", "mean ratio", "worst ratio", "makespan s", "cost", "waste"],
      rows.map((r) => [
        r.case,
        r.policy,
        `${r.done}/${r.runs}`,
        r.meanRatio.toFixed(3),
        r.worstRatio.toFixed(3),
        r.meanMakespan.toFixed(0),
        r.meanCost.toFixed(0),
        r.meanWaste.toFixed(1),
      ]),
    );
    const fairness = measureFairness(flags.fairnessSeeds);
    const shares = tableOf(
      [
        ...["case", "workflows", "seed", "worst of fair", "of who has one", "mean of fair"],
        ...["mean of who has many", "worst slowdown"],
      ],
      fairness.map((r) => [
        r.case,
        r.workflows,
        r.seed,
        `${r.worst.toFixed(2)} (${r.worstName})`,
        r.worstOfOne?.toFixed(2) ?? "",
        r.mean.toFixed(2),
        r.meanOfMany?.toFixed(2) ?? "",
        r.worstSlowdown.toFixed(1),
      ]),
    );
    const cost = measureCost(flags.seeds);
    const costs = tableOf(
      ["deadline", "policy", "in time", "mean ratio", "worst", "cost", "least", "time", "worst"],
      cost.map((r) => [
        r.factor,
        r.policy,
        `${r.inTime}/${r.runs}`,
        r.meanRatio.toFixed(3),
        r.worstRatio.toFixed(3),
        r.meanCost.toFixed(0),
        r.meanBound.toFixed(0),
        r.meanTime.toFixed(3),
        r.worstTime.toFixed(3),
      ]),
    );
    const learning = measureLearning();
    const learned = tableOf(
      ["operators", "a first result, us", "later ones, us"],
      learning.map((r) => [r.operators, r.firstUs.toFixed(1), r.settledUs.toFixed(1)]),
    );
    const sizes = measureSizes(flags.seeds);
    const sized = tableOf(
      ["a task takes", "workflow", "sizes known", "unknown", "heft", "known / unknown", "worst"],
      sizes.map((r) => [
        r.growth,
        r.workflow,
        ...[r.known, r.unknown, r.heft, r.gain, r.worst].map((ratio) => ratio.toFixed(3)),
      ]),
    );
    const transfers = measureTransfers(flags.seeds);
    const moved = tableOf(
      ["handed on", "known, s", "unknown, s", "fifo, s", "known / unknown", "worst"],
      transfers.map((r) => [
        r.size,
        ...[r.known, r.unknown, r.fifo].map((seconds) => seconds.toFixed(0)),
        r.gain.toFixed(3),
        r.worst.toFixed(3),
      ]),
    );
    const tables = [table, shares, costs, unknown, learned, sized, moved];
    const results = { rows, fairness, cost, strangers, learning, sizes, transfers };
    await printResult(tables, results, flags.json);
  });
}

void main();
