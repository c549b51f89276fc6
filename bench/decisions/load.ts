import { chance } from "../../offchain/simulate/faults";
import type { SimOperator, SimTask, SimWorkflow } from "../../offchain/simulate/model";

// A large market: machines of four kinds, and workflows whose tasks need one of four kinds of machine.

const KINDS = [
  { cores: 8, memoryMb: 32_768, gpus: 0, vramMb: 0 },
  { cores: 32, memoryMb: 131_072, gpus: 0, vramMb: 0 },
  { cores: 16, memoryMb: 65_536, gpus: 1, vramMb: 24_576 },
  { cores: 32, memoryMb: 131_072, gpus: 2, vramMb: 49_152 },
];

const NEEDS = [
  { cores: 4, memoryMb: 8_192, gpus: 0, vramMb: 0 },
  { cores: 8, memoryMb: 16_384, gpus: 0, vramMb: 0 },
  { cores: 4, memoryMb: 16_384, gpus: 1, vramMb: 16_384 },
  { cores: 8, memoryMb: 32_768, gpus: 1, vramMb: 40_960 },
];

const PROGRAMS = 8;

/** Speeds between 0.7 and 1.4, prices as different. */
export function machines(count: number): SimOperator[] {
  return Array.from({ length: count }, (_, i) => ({
    ...KINDS[i % KINDS.length]!,
    id: `0x${(i + 1).toString(16).padStart(40, "0")}`,
    speed: 0.7 * 2 ** chance(`${i}/speed`),
    pricePerHour: 1 + chance(`${i}/price`),
    joinsAt: 0,
    leavesAt: Infinity,
    failureRate: 0,
    slowdown: 1,
  }));
}

function task(workflow: number, i: number): SimTask {
  const kind = (workflow + i) % PROGRAMS;
  return {
    id: String(i),
    program: `program ${kind}`,
    // Longer than the longest queue that is given at once.
    seconds: 15 + 5 * kind + 10 * chance(`${workflow}/${i}/seconds`),
    resources: NEEDS[kind % NEEDS.length]!,
    parents: [],
    runSeconds: 3_600,
    attempts: 3,
  };
}

/**
 * @param tasks all of them ready at once
 * @param perWorkflow tasks of one workflow, at most
 * @param withinSeconds if they are to be done as cheaply as can be within so long
 */
export function workflowsOf(
  tasks: number,
  perWorkflow: number,
  withinSeconds?: number,
): SimWorkflow[] {
  return Array.from({ length: Math.ceil(tasks / perWorkflow) }, (_, w) => ({
    name: `workflow ${w}`,
    withinSeconds,
    tasks: Array.from({ length: Math.min(perWorkflow, tasks - w * perWorkflow) }, (_, i) =>
      task(w, i),
    ),
  }));
}
