import { lowerBound } from "../../offchain/simulate/bound";
import { chance } from "../../offchain/simulate/faults";
import type { SimOperator, SimWorkflow } from "../../offchain/simulate/model";
import type { Policy } from "../../offchain/simulate/result";
import { simulate } from "../../offchain/simulate/simulate";
import { scheduleMistakes } from "../../test/support/check-schedule";
import { simOperator } from "../../test/support/sim-operator";

// What it is worth to know how large inputs are: workflows of one program whose inputs are of 1 MiB to 1000 MiB, most of them small.

/** Seconds of a task at speed 1, by MiB. */
export const GROWTHS = {
  "proportional to size": (mib: number) => mib,
  "10 s and half a second a MiB": (mib: number) => 10 + mib / 2,
  "by the root of the size": (mib: number) => 5 * Math.sqrt(mib),
  "independent of size": () => 30,
};
export type GrowthName = keyof typeof GROWTHS;

const TASKS = 200;
const MACHINES = 16;
const SPEEDS = [1, 1, 2, 4];
const MOST_MIB = 1_000;
const BYTES_PER_MIB = 2 ** 20;
/** Durations are off by a factor of this, up or down, at most. */
const NOISE = 1.4;
/** When the second workflow is opened, seconds: the first is over by then. */
const SECOND_AT = 20_000;

function fleetOf(seed: number): SimOperator[] {
  return Array.from({ length: MACHINES }, (_, i) => {
    // A tenth is three times slower than it says.
    const slowdown = chance(`${seed}/${i}/slow`) < 0.1 ? 3 : 1;
    const speed = SPEEDS[i % SPEEDS.length]!;
    return simOperator({ id: `m${i}`, cores: 1, memoryMb: 1, speed, slowdown });
  });
}

function workflowOf(growth: GrowthName, name: string, known: boolean): SimWorkflow {
  const tasks = Array.from({ length: TASKS }, (_, i) => {
    const draw = (what: string) => chance(`${name}/${i}/${what}`);
    const mib = MOST_MIB ** (draw("size") ** 2);
    const noise = NOISE ** (draw("up") - draw("down"));
    return {
      id: String(i),
      program: "sized",
      seconds: GROWTHS[growth](mib) * noise,
      resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
      parents: [],
      runSeconds: 7 * 24 * 3600,
      attempts: 10,
      ...(known ? { inputBytes: Math.round(mib * BYTES_PER_MIB) } : {}),
    };
  });
  return { name, tasks };
}

/** Seconds that two workflows take, the one opened when the other was over. */
export interface Times {
  first: number;
  second: number;
}

/** @param known whether the market knows how large inputs are @returns what each takes over its lower bound */
export function sizedRatios(
  growth: GrowthName,
  known: boolean,
  seed: number,
  policy: Policy = "froben",
): Times {
  const operators = fleetOf(seed);
  const first = workflowOf(growth, `first ${seed}`, known);
  const second = { ...workflowOf(growth, `second ${seed}`, known), arrivesAt: SECOND_AT };
  const workflows = [first, second];
  const result = simulate({ workflows, operators, policy, seed });
  const mistakes = scheduleMistakes(result, workflows, operators);
  if (mistakes.length > 0) throw new Error(`${policy}, seed ${seed}: ${mistakes[0]}`);
  const [a, b] = result.workflows;
  const bound = ({ name, tasks }: SimWorkflow) =>
    lowerBound([{ name, tasks }], operators).lowerBound;
  return { first: a!.end! / bound(first), second: (b!.end! - SECOND_AT) / bound(second) };
}

export interface SizesRow {
  growth: string;
  workflow: keyof Times;
  /** Mean ratios to the bound. */
  known: number;
  unknown: number;
  heft: number;
  /** Mean of what it takes where sizes are known over what it takes where not, and the worst. */
  gain: number;
  worst: number;
}

/** @returns two rows for each way in which durations grow: of a program that nobody has run, and of one that is known */
export function measureSizes(seeds: number): SizesRow[] {
  return (Object.keys(GROWTHS) as GrowthName[]).flatMap((growth) => {
    const runs = Array.from({ length: seeds }, (_, i) => ({
      known: sizedRatios(growth, true, i + 1),
      unknown: sizedRatios(growth, false, i + 1),
      heft: sizedRatios(growth, false, i + 1, "heft"),
    }));
    const mean = (of: (run: (typeof runs)[number]) => number) =>
      runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
    return (["first", "second"] as const).map((workflow) => {
      const gains = runs.map(({ known, unknown }) => known[workflow] / unknown[workflow]);
      return {
        growth,
        workflow,
        known: mean(({ known }) => known[workflow]),
        unknown: mean(({ unknown }) => unknown[workflow]),
        heft: mean(({ heft }) => heft[workflow]),
        gain: gains.reduce((a, b) => a + b, 0) / gains.length,
        worst: Math.max(...gains),
      };
    });
  });
}
