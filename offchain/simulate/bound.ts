import type { Resources } from "../../protocol/spec";
import { suffices } from "../runtime/shortage";
import { AREAS, Capacity } from "./capacity";
import { declaredSpeed, totalsOf, type SimOperator, type SimTask, type SimWorkflow } from "./model";
import { childrenOf, inOrder } from "./read/graph";

/** Seconds that no schedule, whatever it knows, can go below; each of the three holds alone. */
export interface LowerBound {
  /** Longest path, each task at the fastest operator that could take it. */
  criticalPath: number;
  /** Work against capacity of any one resource, of the tasks of any kind on the operators that could take that kind. */
  area: number;
  /** The same for some of these tasks, between the earliest start of any of them and the least time after the end of any. */
  areaBetween: number;
  /** The largest. */
  lowerBound: number;
}

/** Kinds of need whose areas are looked at: those with the most work. Each alone holds, so leaving some out makes no bound wrong. */
const MOST_KINDS = 64;
/** Of larger graphs, what a task must wait for counts by its longest path only, not by the work of all its ancestors. */
const MAX_ANCESTRY = 2_000;
/** Moments that are tried as the beginning of what lies between: any of them gives a bound. */
const MAX_BEGINNINGS = 128;

/** A task, and the least time before its start and after its end. Seconds. */
export interface Load {
  task: SimTask;
  least: number;
  head: number;
  tail: number;
}

/** One resource of who could take a kind of task, and what tasks that need at least that take of it. */
interface Area {
  capacity: Capacity;
  /** Resource times seconds at speed 1; 0 for other tasks. */
  work(task: SimTask): number;
}

/** Fastest that a task runs on any operator that could take it, joins and departures left aside. */
export function fastest(operators: SimOperator[]): (task: SimTask) => number {
  const known = new Map<string, number>();
  return (task) => {
    const key = `${task.program}\n${keyOf(task.resources)}`;
    let factor = known.get(key);
    if (factor === undefined) {
      factor = Infinity;
      for (const operator of operators)
        if (suffices(totalsOf(operator), task.resources))
          factor = Math.min(factor, operator.slowdown / declaredSpeed(operator, task.program));
      known.set(key, factor);
    }
    return task.seconds * factor;
  };
}

export const keyOf = ({ cores, memoryMb, gpus, vramMb }: Resources) =>
  [cores, memoryMb, gpus, vramMb].join("/");

/** Heads and tails of a workflow: along the longest paths, and by the work of all ancestors and all descendants. */
export function loadsOf(
  { tasks, arrivesAt = 0 }: SimWorkflow,
  least: (task: SimTask) => number,
  areas: Area[],
): Load[] {
  const children = childrenOf(tasks);
  const order = inOrder(tasks, children);
  const loads = tasks.map((task) => ({ task, least: least(task), head: arrivesAt, tail: 0 }));
  const parents = tasks.map((task) => task.parents);
  const most = (
    of: Load[],
    side: "head" | "tail",
    takes: (a: Area, sum: number, at: number) => number,
  ) =>
    areas.reduce(
      (max, area) => Math.max(max, mostOf(of, side, area.work, takes.bind(undefined, area))),
      0,
    );
  settle(loads, order, parents, "head", (of) =>
    most(of, "head", ({ capacity }, sum, from) => capacity.doneAt(sum, from)),
  );
  // When a task ends is not known, so what comes after it is done at the highest rate of all times.
  settle(loads, order.reverse(), children, "tail", (of) =>
    most(of, "tail", ({ capacity }, sum, after) => sum / capacity.peak + after),
  );
  return loads;
}

/**
 * Finds the heads, or the tails, of all tasks.
 * @param sorted each task after those that are before it
 * @param before by task: its parents for heads, its children for tails
 * @param spans least time until tasks that all come before one are over, with what is before the first of them
 */
function settle(
  loads: Load[],
  sorted: number[],
  before: number[][],
  side: "head" | "tail",
  spans: (of: Load[]) => number,
): void {
  const deep = loads.length <= MAX_ANCESTRY;
  const reach = new Map<number, Set<number>>();
  const known = new Map<string, number>();
  for (const i of sorted) {
    const load = loads[i]!;
    for (const b of before[i]!)
      load[side] = Math.max(load[side], loads[b]![side] + loads[b]!.least);
    if (!deep) continue;
    const all = new Set(before[i]!);
    for (const b of before[i]!) for (const far of reach.get(b)!) all.add(far);
    reach.set(i, all);
    if (before[i]!.length < 2) continue;
    const key = before[i]!.join();
    if (!known.has(key))
      known.set(key, spans([...all].map((j) => loads[j]!).sort((x, y) => y[side] - x[side])));
    load[side] = Math.max(load[side], known.get(key)!);
  }
}

/** @param of by falling `side` @returns the most that any of them, from one of them on, take */
function mostOf(
  of: Load[],
  side: "head" | "tail",
  work: (task: SimTask) => number,
  takes: (work: number, beside: number) => number,
): number {
  let most = 0;
  let sum = 0;
  for (const [i, load] of of.entries()) {
    const more = work(load.task);
    sum += more;
    if (more > 0 && of[i + 1]?.[side] !== load[side]) most = Math.max(most, takes(sum, load[side]));
  }
  return most;
}

/** The needs that occur, those with the most work first. */
function kindsOf(tasks: SimTask[]): { key: string; need: Resources; seconds: number }[] {
  const kinds = new Map<string, { key: string; need: Resources; seconds: number }>();
  for (const { resources: need, seconds } of tasks) {
    const key = keyOf(need);
    const kind = kinds.get(key);
    if (kind) kind.seconds += seconds;
    else kinds.set(key, { key, need, seconds });
  }
  return [...kinds.values()].sort((a, b) => b.seconds - a.seconds);
}

function areasOf(tasks: SimTask[], operators: SimOperator[]): Area[] {
  const kinds = kindsOf(tasks);
  return kinds.slice(0, MOST_KINDS).flatMap(({ need: kind }) => {
    // Whoever could take a task that needs at least this could take one that needs this.
    const able = operators.filter((operator) => suffices(totalsOf(operator), kind));
    const counts = new Set(kinds.flatMap(({ key, need }) => (suffices(need, kind) ? [key] : [])));
    const isIn = (task: SimTask) => task.seconds > 0 && counts.has(keyOf(task.resources));
    const programs = [...new Set(tasks.filter(isIn).map(({ program }) => program))];
    if (programs.length === 0) return [];
    return AREAS.filter((what) => kind[what] > 0).map((what) => ({
      capacity: new Capacity(able, programs, what),
      work: (task: SimTask) => (isIn(task) ? task.seconds * task.resources[what] : 0),
    }));
  });
}

/**
 * A lower bound on the time until all workflows are done, without failures, on the fleet as it is (with who joins, leaves or is slow).
 * @returns seconds; Infinity when a task fits no operator
 */
export function lowerBound(workflows: SimWorkflow[], operators: SimOperator[]): LowerBound {
  const least = fastest(operators);
  const tasks = workflows.flatMap((workflow) => workflow.tasks);
  const areas = areasOf(tasks, operators);
  const longest = workflows.flatMap((workflow) => loadsOf(workflow, least, []));
  const most = (of: Load[]) => of.reduce((max, l) => Math.max(max, l.head + l.least + l.tail), 0);
  const criticalPath = most(longest);
  const loads = workflows.flatMap((workflow) => loadsOf(workflow, least, areas));
  let area = 0;
  let areaBetween = most(loads);
  for (const { capacity, work } of areas) {
    const total = tasks.reduce((sum, task) => sum + work(task), 0);
    area = Math.max(area, capacity.doneAt(total, 0));
    areaBetween = Math.max(areaBetween, between(loads, work, capacity));
  }
  return { criticalPath, area, areaBetween, lowerBound: Math.max(criticalPath, area, areaBetween) };
}

/** Tasks that can't start before some moment, and after whose ends at least some time passes: their work lies between, for all of both. */
function between(all: Load[], work: (task: SimTask) => number, capacity: Capacity): number {
  const byTail = all
    .filter(({ task }) => work(task) > 0)
    .map((load) => ({ ...load, work: work(load.task) }))
    .sort((a, b) => b.tail - a.tail);
  const heads = [...new Set(byTail.map(({ head }) => head))].sort((a, b) => a - b);
  const step = Math.max(1, heads.length / MAX_BEGINNINGS);
  let most = 0;
  for (let at = 0; at < heads.length; at += step) {
    const beginning = heads[Math.floor(at)]!;
    let sum = 0;
    for (const [i, load] of byTail.entries()) {
      if (load.head >= beginning) sum += load.work;
      if (sum === 0 || byTail[i + 1]?.tail === load.tail) continue;
      most = Math.max(most, capacity.doneAt(sum, beginning) + load.tail);
    }
  }
  return most;
}
