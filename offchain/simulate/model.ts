import type { Resources } from "../../protocol/spec";

/** Most tasks of one workflow file, and most operators after `count` is applied. */
export const MAX_TASKS = 100_000;
export const MAX_OPERATORS = 20_000;

/** A task of a simulated workflow. */
export interface SimTask {
  id: string;
  /** What it runs; durations are learned by it. */
  program: string;
  /** At speed 1; a task of 0 s needs no machine and is over as soon as its inputs exist. */
  seconds: number;
  resources: Resources;
  /** Positions of the tasks whose results it needs. */
  parents: number[];
  /** Time limit of an attempt, seconds. */
  runSeconds: number;
  attempts: number;
}

export interface SimWorkflow {
  name: string;
  tasks: SimTask[];
}

/** One simulated operator on a machine of its own. Times in seconds from the start. */
export interface SimOperator {
  id: string;
  cores: number;
  memoryMb: number;
  gpus: number;
  /** Of each GPU. */
  vramMb: number;
  /** 1 is the machine on which the workflows' durations hold; by program where it differs, `default` for the others. */
  speed: number | Record<string, number>;
  pricePerHour: number;
  joinsAt: number;
  /** Infinity: never. */
  leavesAt: number;
  /** Chance of an attempt to fail, 0 to 1. */
  failureRate: number;
  /** Its durations are so many times what its speed promises. */
  slowdown: number;
}

/** @returns the speed that an operator says it has at a program */
export function declaredSpeed({ speed }: SimOperator, program: string): number {
  return typeof speed === "number" ? speed : (speed[program] ?? speed.default ?? 1);
}

/** @returns seconds that a task really takes on an operator */
export function trueSeconds(task: SimTask, operator: SimOperator): number {
  return (task.seconds / declaredSpeed(operator, task.program)) * operator.slowdown;
}

/** What an operator has in all. */
export function totalsOf({ cores, memoryMb, gpus, vramMb }: SimOperator): Resources {
  return { cores, memoryMb, gpus, vramMb };
}
