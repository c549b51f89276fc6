import { costBound } from "../../offchain/simulate/cost-bound";
import { lowerBound } from "../../offchain/simulate/bound";
import { parseOperators } from "../../offchain/simulate/read/operators";
import { parseWfFormat } from "../../offchain/simulate/read/wfformat";
import type { LearnedOf } from "../../offchain/simulate/estimate/market";
import type { Policy } from "../../offchain/simulate/result";
import { simulate } from "../../offchain/simulate/simulate";
import { FLEET, zksyncBatch } from "../../pipelines/zksync-batch";
import { scheduleMistakes } from "../../test/support/check-schedule";

import { learnedFrom } from "./learned";

// What batches cost whose requester prefers money to time, against the least that they could cost by the same deadline.

const fleet = parseOperators(JSON.stringify(FLEET), "fleet");

let before: LearnedOf[] | undefined;
/** What the market knows after another batch. */
function learnedBefore(): LearnedOf[] {
  if (before) return before;
  const workflows = [parseWfFormat(JSON.stringify(zksyncBatch(1_000)), "zksync-batch", true)];
  const options = { workflows, operators: fleet, policy: "froben", seed: 1_000 } as const;
  return (before = learnedFrom([simulate(options)], workflows));
}

/** Deadlines, in times of the bound on the makespan. */
const FACTORS = [1.25, 1.5, 2];
const VARIANTS: { name: string; policy: Policy; thrifty?: true; warm?: true }[] = [
  { name: "froben, withinSeconds", policy: "froben", thrifty: true, warm: true },
  { name: "froben, withinSeconds, first batch ever", policy: "froben", thrifty: true },
  { name: "froben", policy: "froben" },
  { name: "cheapest", policy: "cheapest" },
];

export interface CostRow {
  /** Deadline over the bound on the makespan. */
  factor: number;
  policy: string;
  /** Runs, and those that were over by the deadline. */
  runs: number;
  inTime: number;
  /** Cost over the least by the deadline. */
  meanRatio: number;
  worstRatio: number;
  meanCost: number;
  meanBound: number;
  /** Makespan over the deadline. */
  meanTime: number;
  worstTime: number;
}

function measure(factor: number, variant: (typeof VARIANTS)[number], seeds: number): CostRow {
  const { name, policy, thrifty, warm } = variant;
  const runs = Array.from({ length: seeds }, (_, i) => {
    const seed = i + 1;
    const batch = parseWfFormat(JSON.stringify(zksyncBatch(seed)), "zksync-batch", true);
    const deadline = Math.ceil(factor * lowerBound([batch], fleet).lowerBound);
    const workflows = [thrifty ? { ...batch, withinSeconds: deadline } : batch];
    const learned = warm && learnedBefore();
    const onDecision = () => {};
    const result = simulate({ workflows, operators: fleet, policy, seed, learned, onDecision });
    const mistakes = scheduleMistakes(result, workflows, fleet);
    if (mistakes.length > 0) throw new Error(`${name}, seed ${seed}: ${mistakes[0]}`);
    const bound = costBound(workflows, fleet, deadline);
    return { cost: result.cost, bound, time: result.makespan! / deadline };
  });
  const mean = (of: (run: (typeof runs)[number]) => number) =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  return {
    factor,
    policy: name,
    runs: seeds,
    inTime: runs.filter(({ time }) => time <= 1).length,
    meanRatio: mean(({ cost, bound }) => cost / bound),
    worstRatio: Math.max(...runs.map(({ cost, bound }) => cost / bound)),
    meanCost: mean(({ cost }) => cost),
    meanBound: mean(({ bound }) => bound),
    meanTime: mean(({ time }) => time),
    worstTime: Math.max(...runs.map(({ time }) => time)),
  };
}

/** @param seeds 1 to this */
export function measureCost(seeds: number): CostRow[] {
  return FACTORS.flatMap((factor) => VARIANTS.map((variant) => measure(factor, variant, seeds)));
}
