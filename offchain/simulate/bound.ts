import type { Resources } from "../../protocol/spec";
import { suffices } from "../runtime/shortage";
import { between } from "./between";
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

/** A task, and the least time before its start and after its end. Seconds. */
export interface Load {
  task: SimTask;
  /** What it needs. */
  kind: string;
  least: number;
  head: number;
  tail: number;
}

/** One resource of who could take a kind of task, and what tasks that need at least that take of it. */
interface Area {
  capacity: Capacity;
  /** Resource times seconds at speed 1; 0 for other tasks. */
  work(load: Pick<Load, "task" | "kind">): number;
}

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

const keyOf = ({ cores, memoryMb, gpus, vramMb }: Resources) =>
  [cores, memoryMb, gpus, vramMb].join("/");

/** Heads and tails of a workflow: along the longest paths, and by the work of all ancestors and all descendants. */
export function loadsOf(
  { tasks, arrivesAt = 0 }: SimWorkflow,
  least: (task: SimTask, kind: string) => number,
  areas: Area[],
): Load[] {
  const children = childrenOf(tasks);
  const order = inOrder(tasks, children);
  const loads = tasks.map((task): Load => {
    const kind = keyOf(task.resources);
    return { task, kind, least: least(task, kind), head: arrivesAt, tail: 0 };
  });
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
  const deep = areas.length > 0 && isDeep(loads);
  const before = (of: Load[]) =>
    most(of, "head", ({ capacity }, sum, from) => capacity.doneAt(sum, from));
  // When a task ends is not known, so what comes after it is done at the highest rate of all times.
  const after = (of: Load[]) =>
    most(of, "tail", ({ capacity }, sum, beside) => sum / capacity.peak + beside);
  settle(loads, order, parents, "head", before, deep);
  settle(loads, order.reverse(), children, "tail", after, deep);
  return loads;
}

/** Whether the work of all ancestors counts. */
const isDeep = ({ length }: readonly unknown[]): boolean => length <= MAX_ANCESTRY;

/**
 * Finds the heads, or the tails, of all tasks.
 * @param sorted each task after those that are before it
 * @param before by task: its parents for heads, its children for tails
 * @param spans least time until tasks that all come before one are over, with what is before the first of them
 * @param deep whether that is looked at
 */
function settle(
  loads: Load[],
  sorted: number[],
  before: number[][],
  side: "head" | "tail",
  spans: (of: Load[]) => number,
  deep: boolean,
): void {
  /** By task and position in a word, all tasks that are before it. */
  const reach: Uint32Array[] = [];
  const known = new Map<string, number>();
  for (const i of sorted) {
    const load = loads[i]!;
    for (const b of before[i]!)
      load[side] = Math.max(load[side], loads[b]![side] + loads[b]!.least);
    if (!deep) continue;
    const all = new Uint32Array(Math.ceil(loads.length / 32));
    for (const b of before[i]!) {
      for (const [w, word] of reach[b]!.entries()) all[w]! |= word;
      all[b >> 5]! |= 1 << b;
    }
    reach[i] = all;
    if (before[i]!.length < 2) continue;
    const key = before[i]!.join();
    if (!known.has(key)) {
      const of = loads.filter((_, j) => (all[j >> 5]! >> j) & 1);
      known.set(key, spans(of.sort((x, y) => y[side] - x[side])));
    }
    load[side] = Math.max(load[side], known.get(key)!);
  }
}

/** @param of by falling `side` @returns the most that any of them, from one of them on, take */
function mostOf(
  of: Load[],
  side: "head" | "tail",
  work: Area["work"],
  takes: (work: number, beside: number) => number,
): number {
  let most = 0;
  let sum = 0;
  for (const [i, load] of of.entries()) {
    const more = work(load);
    sum += more;
    if (more > 0 && of[i + 1]?.[side] !== load[side]) most = Math.max(most, takes(sum, load[side]));
  }
  return most;
}

/** The needs that occur, those with the most work first. */
function kindsOf(loads: Load[]): { kind: string; need: Resources; seconds: number }[] {
  const kinds = new Map<string, { kind: string; need: Resources; seconds: number }>();
  for (const { kind, task } of loads) {
    const known = kinds.get(kind);
    if (known) known.seconds += task.seconds;
    else kinds.set(kind, { kind, need: task.resources, seconds: task.seconds });
  }
  return [...kinds.values()].sort((a, b) => b.seconds - a.seconds);
}

function areasOf(loads: Load[], operators: SimOperator[]): Area[] {
  const kinds = kindsOf(loads);
  return kinds.slice(0, MOST_KINDS).flatMap(({ need: least }) => {
    // Whoever could take a task that needs at least this could take one that needs this.
    const able = operators.filter((operator) => suffices(totalsOf(operator), least));
    const counts = new Set(
      kinds.flatMap(({ kind, need }) => (suffices(need, least) ? [kind] : [])),
    );
    const isIn: (load: Pick<Load, "task" | "kind">) => boolean = ({ task, kind }) =>
      task.seconds > 0 && counts.has(kind);
    const programs = new Set<string>();
    for (const load of loads) if (isIn(load)) programs.add(load.task.program);
    if (programs.size === 0) return [];
    return AREAS.filter((what) => least[what] > 0).map((what) => ({
      capacity: new Capacity(able, [...programs], what),
      work: (load: Pick<Load, "task" | "kind">) =>
        isIn(load) ? load.task.seconds * load.task.resources[what] : 0,
    }));
  });
}

/**
 * A lower bound on the time until all workflows are done, without failures, on the fleet as it is (with who joins, leaves or is slow).
 * @returns seconds; Infinity when a task fits no operator
 */
export function lowerBound(workflows: SimWorkflow[], operators: SimOperator[]): LowerBound {
  const least = fastest(operators);
  const most = (of: Load[]) => of.reduce((max, l) => Math.max(max, l.head + l.least + l.tail), 0);
  const byPath = workflows.map((workflow) => loadsOf(workflow, least, []));
  const longest = byPath.flat();
  const criticalPath = most(longest);
  const areas = areasOf(longest, operators);
  const loads = workflows.flatMap((workflow, w) =>
    isDeep(workflow.tasks) ? loadsOf(workflow, least, areas) : byPath[w]!,
  );
  let area = 0;
  let areaBetween = most(loads);
  for (const { capacity, work } of areas) {
    const placed = loads.flatMap((load) => {
      const { head, tail } = load;
      const own = work(load);
      return own > 0 ? [{ work: own, head, tail }] : [];
    });
    const total = placed.reduce((sum, one) => sum + one.work, 0);
    area = Math.max(area, capacity.doneAt(total, 0));
    areaBetween = Math.max(areaBetween, between(placed, capacity));
  }
  return { criticalPath, area, areaBetween, lowerBound: Math.max(criticalPath, area, areaBetween) };
}
