import type { Digest } from "../../protocol/digest";
import type { Register } from "../../protocol/http";
import type { Piece } from "../matchmaker/locality";
import type { Assumption } from "../../protocol/run-model";
import type { Resources, Spec } from "../../protocol/spec";

/** The simulated present, Unix milliseconds at the start: 0 would mean "never" to the matchmaker. */
export const START_MS = 1_000_000_000_000;

/** Most tasks of one workflow file, and most operators after `count` is applied. */
export const MAX_TASKS = 1_000_000;
export const MAX_OPERATORS = 20_000;

/** What tasks of a spec put out, by `step.output`. */
export interface Puts {
  /** How many items each collection has. */
  items: ReadonlyMap<string, number>;
  /** The files that conditions look at. */
  files: ReadonlyMap<string, Digest>;
}

/** A task of a simulated workflow. */
export interface SimTask {
  id: string;
  /** What it runs; durations are learned by it. */
  program: string;
  /** At speed 1; a task of 0 s needs no machine and is over as soon as its inputs exist. */
  seconds: number;
  resources: Resources;
  /** Of all its inputs, if it is known. */
  inputBytes?: number;
  /** What has to be fetched before it runs, unless the operator has it, and what its operator has afterwards; nothing if not given. */
  files?: { inputs: Piece[]; outputs: Piece[] };
  /** Positions of the tasks whose results it needs. */
  parents: number[];
  /** Time limit of an attempt, seconds. */
  runSeconds: number;
  attempts: number;
  /** Within so many seconds an attempt must have begun; a minute if not given. */
  startSeconds?: number;
  /** After so many seconds without a word an attempt has failed; a minute if not given. */
  silenceSeconds?: number;
  /** After the first failure; twice that after the second, and so on. A second if not given. */
  backoffSeconds?: number;
  /** Of a task of a spec: its index in the workflow, that of its step, and its level in a tree. */
  planned?: number;
  step?: number;
  level?: number;
}

export interface SimWorkflow {
  name: string;
  tasks: SimTask[];
  /** Whose it is; one of its own if not given. */
  requester?: string | undefined;
  /** When it is opened, seconds from the start; 0 if not given. */
  arrivesAt?: number;
  /** Of one that prefers money to time, see `withinSeconds` of a spec. */
  withinSeconds?: number | undefined;
  /** What it was made of, if that is a spec; its steps are then the scheduler's. */
  spec?: Spec;
  /** And what its tasks put out. */
  puts?: Puts;
  /** What its file did not say. */
  assumed?: Assumption[];
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
  /** Chance of a result to be wrong, which is found when it is there; none if not given. */
  invalidRate?: number;
  /** Chance of an attempt of which nothing is heard again; none if not given. */
  silentRate?: number;
  /** Chance of an attempt that comes to no end, though its operator goes on to say that it runs; none if not given. */
  hangRate?: number;
  /** Between these moments nothing is heard of it; in order, and apart. It goes on with what it has. */
  silences?: { from: number; to: number }[];
  /** Its durations are so many times what its speed promises. */
  slowdown: number;
  /** What it told a coordinator, of one that is taken from a market; `id` is its address then. Else it follows from the rest. */
  registration?: Register;
  /** Units that bonds can lock; any number if not given. */
  freeStake?: bigint;
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
