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

/** Each workflow has a requester of its own. @param from first seed of the workflows */
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
};

export interface FairnessRow {
  case: string;
  seed: number;
  workflows: number;
  /** Of the worst: its time over that of its fair share. */
  worst: number;
  worstName: string;
  mean: number;
  /** Time over time alone, of the worst. */
  worstSlowdown: number;
}

const run = (workflows: SimWorkflow[], seed: number) =>
  simulate({ workflows, operators: fleet, policy: "froben", seed, onDecision: () => {} });

function measure(name: string, seed: number): FairnessRow {
  const workflows = CASES[name]!(10 * (seed - 1) + 1);
  const alone = workflows.map((workflow) => run([{ ...workflow, arrivesAt: 0 }], seed).makespan!);
  const result = run(workflows, seed);
  const mistakes = scheduleMistakes(result, workflows, fleet);
  if (mistakes.length > 0) throw new Error(`${name}, seed ${seed}: ${mistakes[0]}`);
  const arrivals = workflows.map(({ arrivesAt = 0 }) => arrivesAt);
  const fair = fairEnds(arrivals.map((at, i) => ({ at, work: alone[i]! })));
  const taken = result.workflows.map(({ end, arrivesAt }) => end! - arrivesAt);
  const ratios = taken.map((took, i) => took / (fair[i]! - arrivals[i]!));
  const worst = ratios.reduce((most, ratio) => Math.max(most, ratio), 0);
  return {
    case: name,
    seed,
    workflows: workflows.length,
    worst,
    worstName: workflows[ratios.indexOf(worst)]!.name,
    mean: ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length,
    worstSlowdown: taken.reduce((most, took, i) => Math.max(most, took / alone[i]!), 0),
  };
}

/** @param seeds 1 to this */
export function measureFairness(seeds: number): FairnessRow[] {
  return Object.keys(CASES).flatMap((name) =>
    Array.from({ length: seeds }, (_, i) => measure(name, i + 1)),
  );
}
