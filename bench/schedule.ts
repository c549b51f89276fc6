import Table from "cli-table3";
import { Command } from "commander";
import { withFaults, type Faults } from "../offchain/simulate/faults";
import { parseOperators } from "../offchain/simulate/read/operators";
import { parseWfFormat } from "../offchain/simulate/read/wfformat";
import { POLICIES, type Policy } from "../offchain/simulate/result";
import { simulate } from "../offchain/simulate/simulate";
import { FLEET, zksyncBatch } from "../pipelines/zksync-batch";
import { scheduleMistakes } from "../test/support/check-schedule";
import { printResult, runBench, whole } from "./run-bench";
import { measureFairness } from "./schedule/fairness";

// `npm run bench:schedule`: makespans of zksync-batch on its fleet against the lower bound, for each policy; and how fair the
// market is to requesters who come together. Every schedule is checked.

const FAULTS: Record<string, Faults> = {
  "no faults": { failureRate: 0 },
  // The measure of the bad case: 10% of attempts fail, three machines leave during the run, two are ten times slower than they say.
  faults: {
    failureRate: 0.1,
    leave: { count: 3, from: 0, to: 600 },
    slow: { count: 2, factor: 10 },
  },
};

interface Row {
  faults: string;
  policy: Policy;
  runs: number;
  done: number;
  meanRatio: number;
  worstRatio: number;
  meanMakespan: number;
  meanCost: number;
}

function measure(faults: string, policy: Policy, seeds: number): Row {
  const fleet = parseOperators(JSON.stringify(FLEET), "fleet");
  const results = Array.from({ length: seeds }, (_, i) => {
    const seed = i + 1;
    const workflow = parseWfFormat(JSON.stringify(zksyncBatch(seed)), "zksync-batch", true);
    const operators = withFaults(fleet, FAULTS[faults]!, seed);
    const result = simulate({ workflows: [workflow], operators, policy, seed });
    const mistakes = scheduleMistakes(result, [workflow], operators);
    if (mistakes.length > 0) throw new Error(`${policy}, seed ${seed}: ${mistakes[0]}`);
    return result;
  });
  const done = results.filter(({ makespan }) => makespan !== null);
  const mean = (of: (r: (typeof results)[number]) => number) =>
    done.reduce((sum, r) => sum + of(r), 0) / done.length;
  return {
    faults,
    policy,
    runs: seeds,
    done: done.length,
    meanRatio: mean((r) => r.ratio!),
    worstRatio: Math.max(...done.map((r) => r.ratio!)),
    meanMakespan: mean((r) => r.makespan!),
    meanCost: mean((r) => r.cost),
  };
}

async function main(): Promise<void> {
  const flags = new Command("npm run bench:schedule --")
    .description("Makespans of zksync-batch against the lower bound, by policy.")
    .option("--seeds <n>", "seeds 1 to n", whole, 20)
    .option("--fairness-seeds <n>", "the same, of the cases of fairness", whole, 3)
    .option("--json <file>", "write the result as data")
    .parse()
    .opts<{ seeds: number; fairnessSeeds: number; json?: string }>();
  await runBench(async () => {
    const rows = Object.keys(FAULTS).flatMap((faults) =>
      POLICIES.map((policy) => measure(faults, policy, flags.seeds)),
    );
    const table = new Table({
      head: ["case", "policy", "done", "mean ratio", "worst ratio", "makespan s", "cost"],
      style: { head: [], border: [] },
    });
    for (const r of rows)
      table.push([
        r.faults,
        r.policy,
        `${r.done}/${r.runs}`,
        r.meanRatio.toFixed(3),
        r.worstRatio.toFixed(3),
        r.meanMakespan.toFixed(0),
        r.meanCost.toFixed(0),
      ]);
    const fairness = measureFairness(flags.fairnessSeeds);
    const shares = new Table({
      head: ["case", "workflows", "seed", "worst of fair", "mean of fair", "worst slowdown"],
      style: { head: [], border: [] },
    });
    for (const r of fairness)
      shares.push([
        r.case,
        r.workflows,
        r.seed,
        `${r.worst.toFixed(2)} (${r.worstName})`,
        r.mean.toFixed(2),
        r.worstSlowdown.toFixed(1),
      ]);
    await printResult([table.toString(), shares.toString()], { rows, fairness }, flags.json);
  });
}

void main();
