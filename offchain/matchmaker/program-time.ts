import type { Growth } from "./size";

// What is kept of durations, of programs and of operators at programs. Pure.

/** How long tasks of one program take, on a machine of speed 1. */
export interface ProgramTime extends Growth {
  /** Logarithm of milliseconds, of a task of the size class `origin`. */
  log: number;
  runs: number;
  /** Of those who run it: sums of weights, of weight times logarithm of duration, of weight times slowness, learned and declared. */
  weight: number;
  logs: number;
  slownesses: number;
  declared: number;
  /** Sum of weight times size. */
  sizes: number;
  /** Whether durations clearly grow with sizes. */
  grows: boolean;
  /** By program that the same operators run: by how much `slownesses` falls when the other program's `log` rises by 1. */
  shared: Map<ProgramTime, Shared>;
}

interface Shared {
  sum: number;
  /** By how much the other's `slownesses` falls when this program's slope rises by 1. */
  sizes: number;
  operators: number;
}

/** How long one program takes one operator. */
export interface PairTime {
  runs: number;
  /** Mean duration, of a task of the mean size. */
  meanMs: number;
  /** Mean size class, counted from the program's `origin`. */
  size: number;
  /** Logarithm of the mean, and how much it counts. */
  log: number;
  weight: number;
}

/** What of a pair counts in sums. */
export type Counted = Pick<PairTime, "log" | "weight" | "size">;
/** What is kept of runs of tasks by one operator. */
export type Mean = Pick<PairTime, "runs" | "meanMs" | "size">;

/** That others declare too much or too little is taken to be chance until there is more weight than this. */
const SURE_WEIGHT = 30;

/** @returns how many size classes a task is above the program's `origin`; without a class of its own, what was run on average */
export function classesOf({ origin, sizes, weight }: ProgramTime, sizeClass?: number): number {
  if (sizeClass !== undefined && origin !== undefined) return sizeClass - origin;
  return weight > 0 ? sizes / weight : 0;
}

/** @returns milliseconds of a task on a machine of speed 1 */
export function usualMs(program: ProgramTime, sizeClass?: number): number {
  return Math.exp(program.log + program.slope * classesOf(program, sizeClass));
}

/** @returns how many times as long a task of a size class takes as one whose size is not known */
export function sizeFactor(program: ProgramTime, sizeClass: number): number {
  return Math.exp(program.slope * (classesOf(program, sizeClass) - classesOf(program)));
}

/** @returns by how much those who run a program turned out slower than they had declared, on average */
export function misjudgement({ slownesses, declared, weight }: ProgramTime): number {
  return (slownesses - declared) / (weight + SURE_WEIGHT);
}

/** Changes what two programs of one operator have in common. */
export function share(
  to: ProgramTime,
  other: ProgramTime,
  sum: number,
  sizes: number,
  operators: number,
): void {
  const shared = to.shared.get(other);
  if (!shared) to.shared.set(other, { sum, sizes, operators });
  else if (shared.operators + operators === 0) to.shared.delete(other);
  else {
    shared.sum += sum;
    shared.sizes += sizes;
    shared.operators += operators;
  }
}
