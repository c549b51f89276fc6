import type { Resources } from "../../protocol/spec";
import { suffices } from "../runtime/shortage";
import { declaredSpeed, totalsOf, type SimOperator, type SimTask, type SimWorkflow } from "./model";
import { childrenOf, inOrder } from "./read/graph";

/** A task, and the least time before its start and after its end. Seconds. */
export interface Load {
  task: SimTask;
  /** What it needs. */
  kind: string;
  least: number;
  head: number;
  tail: number;
}

type Side = "head" | "tail";

/** What some tasks of a workflow take together, of which none starts before `beside`, or after whose ends at least that passes; seconds. */
export interface Span {
  /** By task, its work. */
  work: Float64Array;
  /** @returns the least time until all are done, from the start or until the end. */
  head(work: number, beside: number): number;
  tail(work: number, beside: number): number;
}

const keyOf = ({ cores, memoryMb, gpus, vramMb }: Resources) =>
  `${cores}/${memoryMb}/${gpus}/${vramMb}`;

/** Fastest that a task runs on any operator that could take it, joins and departures left aside. */
export function fastest(operators: SimOperator[]): (task: SimTask, kind: string) => number {
  const known = new Map<string, Map<string, number>>();
  return (task, kind) => {
    let of = known.get(kind);
    if (!of) known.set(kind, (of = new Map()));
    let factor = of.get(task.program);
    if (factor === undefined) {
      factor = Infinity;
      for (const operator of operators)
        if (suffices(totalsOf(operator), task.resources))
          factor = Math.min(factor, operator.slowdown / declaredSpeed(operator, task.program));
      of.set(task.program, factor);
    }
    return task.seconds * factor;
  };
}

/**
 * Heads and tails of a workflow's tasks along the longest paths.
 * @param least seconds of a task that needs so much
 */
export function loadsOf(
  { tasks, arrivesAt = 0 }: SimWorkflow,
  least: (task: SimTask, kind: string) => number,
): Load[] {
  const loads = tasks.map((task): Load => {
    const kind = keyOf(task.resources);
    return { task, kind, least: least(task, kind), head: arrivesAt, tail: 0 };
  });
  settle(tasks, loads, arrivesAt);
  return loads;
}

/**
 * The same where what must be done before a task, and after it, also counts by the work of all its ancestors, and of all its descendants.
 * @param loads along the longest paths
 */
export function deepLoadsOf(
  { tasks, arrivesAt = 0 }: SimWorkflow,
  loads: readonly Load[],
  spans: readonly Span[],
): Load[] {
  const deep = loads.map((load) => ({ ...load }));
  settle(tasks, deep, arrivesAt, spans);
  return deep;
}

/** Finds the heads and the tails of all tasks. */
function settle(
  tasks: readonly SimTask[],
  loads: Load[],
  arrivesAt: number,
  spans?: readonly Span[],
): void {
  const order = inOrder(tasks);
  const parents = tasks.map((task) => task.parents);
  const least = Float64Array.from(loads, (load) => load.least);
  const heads = new Float64Array(loads.length).fill(arrivesAt);
  settleSide(heads, least, order, parents, "head", spans);
  const tails = new Float64Array(loads.length);
  settleSide(tails, least, order.toReversed(), childrenOf(tasks), "tail", spans);
  for (let i = 0; i < loads.length; i++) {
    loads[i]!.head = heads[i]!;
    loads[i]!.tail = tails[i]!;
  }
}

/**
 * @param values by task, to be found
 * @param sorted each task after those that are before it
 * @param before by task: its parents for heads, its children for tails
 */
function settleSide(
  values: Float64Array,
  least: Float64Array,
  sorted: readonly number[],
  before: readonly (readonly number[])[],
  side: Side,
  spans?: readonly Span[],
): void {
  const reach = spans && new Reach(values.length);
  const known = new Map<string, number>();
  for (let s = 0; s < sorted.length; s++) {
    const i = sorted[s]!;
    const near = before[i]!;
    let value = values[i]!;
    for (let n = 0; n < near.length; n++)
      value = Math.max(value, values[near[n]!]! + least[near[n]!]!);
    reach?.add(i, near);
    if (spans && near.length > 1) {
      const key = near.join();
      let span = known.get(key);
      if (span === undefined) known.set(key, (span = longest(reach!.of(i), values, side, spans)));
      value = Math.max(value, span);
    }
    values[i] = value;
  }
}

/** By task, all tasks that are before it: a bit each. */
class Reach {
  private readonly width: number;
  private readonly bits: Uint32Array;

  constructor(private readonly count: number) {
    this.width = Math.ceil(count / 32);
    this.bits = new Uint32Array(count * this.width);
  }

  /** @param near tasks whose own are known */
  add(task: number, near: readonly number[]): void {
    const { bits, width } = this;
    const to = task * width;
    for (let n = 0; n < near.length; n++) {
      const one = near[n]!;
      for (let w = 0; w < width; w++) bits[to + w]! |= bits[one * width + w]!;
      bits[to + (one >> 5)]! |= 1 << one;
    }
  }

  /** @returns those before a task, by rising place */
  of(task: number): number[] {
    const all: number[] = [];
    const from = task * this.width;
    for (let i = 0; i < this.count; i++) if ((this.bits[from + (i >> 5)]! >> i) & 1) all.push(i);
    return all;
  }
}

/** @returns the least time until all of some tasks are over, with what is before the first of them (after the last of them) */
function longest(of: number[], values: Float64Array, side: Side, spans: readonly Span[]): number {
  of.sort((a, b) => values[b]! - values[a]!);
  let most = 0;
  for (let s = 0; s < spans.length; s++)
    most = Math.max(most, mostOf(of, values, spans[s]!.work, side, spans[s]!));
  return most;
}

/** @param of by falling value @returns the most that any of them, from one of them on, take */
function mostOf(
  of: number[],
  values: Float64Array,
  work: Float64Array,
  side: Side,
  span: Span,
): number {
  let most = 0;
  let sum = 0;
  for (let at = 0; at < of.length; at++) {
    const more = work[of[at]!]!;
    if (more === 0) continue;
    sum += more;
    const value = values[of[at]!]!;
    if (at + 1 < of.length && values[of[at + 1]!]! === value) continue;
    most = Math.max(most, side === "head" ? span.head(sum, value) : span.tail(sum, value));
  }
  return most;
}
