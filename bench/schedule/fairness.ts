import { parseOperators } from "../../offchain/simulate/read/operators";
import { parseWfFormat } from "../../offchain/simulate/read/wfformat";
import type { SimTask, SimWorkflow } from "../../offchain/simulate/model";
import { simulate } from "../../offchain/simulate/simulate";
import { FLEET, zksyncBatch } from "../../pipelines/zksync-batch";
import { scheduleMistakes } from "../../test/support/check-schedule";
import { fairEnds } from "./fair-share";

// How fair the market is to requesters who come together. What is fair is a fluid: see fair-share.ts.

const fleet = parseOperators(JSON.stringify(FLEET), "fleet");

/** A ZKsync-Era-like batch. */
function large(seed: number, arrivesAt = 0): SimWorkflow {
  const batch = parseWfFormat(JSON.stringify(zksyncBatch(seed)), "zksync-batch", true);
  return { ...batch, name: `large ${seed} at ${arrivesAt}`, arrivesAt };
}

/** Sixteen proofs and what joins them: over in three minutes if alone. */
function small(seed: number, arrivesAt = 0): SimWorkflow {
  const task = (id: string, seconds: number, parents: number[]): SimTask => ({
    ...{ id, seconds, parents, program: `small ${id.replace(/\d+$/, "")}` },
    resources: { cores: 2, memoryMb: 8_192, gpus: 1, vramMb: 8_192 },
    runSeconds: 3_600,
    attempts: 10,
  });
  const proofs = Array.from({ length: 16 }, (_, i) => task(`prove${i}`, 60 + ((i + seed) % 7), []));
  const join = task("join", 60, [...proofs.keys()]);
  return { name: `small ${seed} at ${arrivesAt}`, tasks: [...proofs, join], arrivesAt };
}

const times = (count: number, make: (i: number) => SimWorkflow) =>
  Array.from({ length: count }, (_, i) => make(i));

const MANY = "many";
const HEAVY = "heavy";
const owned = (requester: string, workflows: SimWorkflow[]) =>
  workflows.map((workflow) => ({ ...workflow, requester }));

/** Whoever is not named has a requester of its own. @param from first seed of the workflows */
const CASES: Record<string, (from: number) => SimWorkflow[]> = {
  "ten large at once": (from) => times(10, (i) => large(from + i)),
  "five large, five small at once": (from) => [
    ...times(5, (i) => large(from + i)),
    ...times(5, (i) => small(from + i)),
  ],
  // A large one every 400 s, when one keeps the fleet busy for almost 800: the queue only grows. Small ones come all the time.
  "overload, small ones among large": (from) => [
    ...times(9, (i) => large(from + i, i * 400)),
    ...times(12, (i) => small(from + i, 150 + i * 300)),
  ],
  "nine with one large, one with ten": (from) => [
    ...owned(
      MANY,
      times(10, (i) => large(from + i)),
    ),
    ...times(9, (i) => large(from + 10 + i)),
  ],
  "nine with one small, one with twenty large": (from) => [
    ...owned(
      MANY,
      times(20, (i) => large(from + i)),
    ),
    ...times(9, (i) => small(from + 20 + i, i * 300)),
  ],
  // Each of the others opens its next one long before the last is done.
  "one with ten large, one with one after another": (from) => [
    ...owned(
      MANY,
      times(10, (i) => large(from + i)),
    ),
    ...owned(
      "steady",
      times(6, (i) => large(from + 10 + i, i * 1600)),
    ),
  ],
  "nine with one large, one of weight 3 with three": (from) => [
    ...owned(
      HEAVY,
      times(3, (i) => large(from + i)),
    ),
    ...times(9, (i) => large(from + 10 + i)),
  ],
};
const WEIGHTS = { [HEAVY]: 3 };

export interface FairnessRow {
  case: string;
  seed: number;
  workflows: number;
  /** Of the worst: its time over that of its fair share. */
  worst: number;
  /** The same, of those who have one workflow, if there are any. */
  worstOfOne: number | null;
  /** The mean of those of requesters with several: theirs come one after another, while the fluid splits a share evenly. */
  meanOfMany: number | null;
  worstName: string;
  mean: number;
  /** Time over time alone, of the worst. */
  worstSlowdown: number;
}

const run = (workflows: SimWorkflow[], seed: number) =>
  simulate({
    workflows,
    operators: fleet,
    policy: "froben",
    seed,
    weights: WEIGHTS,
    onDecision: () => {},
  });

const meanOf = (list: number[]) =>
  list.length > 0 ? list.reduce((sum, one) => sum + one, 0) / list.length : null;

function measure(name: string, seed: number): FairnessRow {
  const workflows = CASES[name]!(10 * (seed - 1) + 1);
  const alone = workflows.map((workflow) => run([{ ...workflow, arrivesAt: 0 }], seed).makespan!);
  const result = run(workflows, seed);
  const mistakes = scheduleMistakes(result, workflows, fleet);
  if (mistakes.length > 0) throw new Error(`${name}, seed ${seed}: ${mistakes[0]}`);
  const arrivals = workflows.map(({ arrivesAt = 0 }) => arrivesAt);
  const fair = fairEnds(
    workflows.map(({ requester }, i) => ({ at: arrivals[i]!, work: alone[i]!, requester })),
    WEIGHTS,
  );
  const taken = result.workflows.map(({ end, arrivesAt }) => end! - arrivesAt);
  const ratios = taken.map((took, i) => took / (fair[i]! - arrivals[i]!));
  const ones = ratios.filter((_, i) => workflows[i]!.requester === undefined);
  const worst = ratios.reduce((most, ratio) => Math.max(most, ratio), 0);
  return {
    case: name,
    seed,
    workflows: workflows.length,
    worst,
    worstOfOne: ones.length > 0 ? Math.max(...ones) : null,
    meanOfMany: meanOf(ratios.filter((_, i) => workflows[i]!.requester !== undefined)),
    worstName: workflows[ratios.indexOf(worst)]!.name,
    mean: meanOf(ratios)!,
    worstSlowdown: taken.reduce((most, took, i) => Math.max(most, took / alone[i]!), 0),
  };
}

/** @param seeds 1 to this */
export function measureFairness(seeds: number): FairnessRow[] {
  return Object.keys(CASES).flatMap((name) =>
    Array.from({ length: seeds }, (_, i) => measure(name, i + 1)),
  );
}
