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
  /** The same, between the earliest start of such tasks and the shortest path after their ends. */
  areaBetween: number;
  /** The largest. */
  lowerBound: number;
}

/** Kinds of need whose areas are looked at: those with the most work. Each alone holds, so leaving some out makes no bound wrong. */
const MOST_KINDS = 64;

/** Work that a task brings, and the least time before and after it. Seconds. */
interface Load {
  task: SimTask;
  head: number;
  tail: number;
}

/** Fastest that a task runs on any operator that could take it, joins and departures left aside. */
function fastest(operators: SimOperator[]): (task: SimTask) => number {
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

const keyOf = ({ cores, memoryMb, gpus, vramMb }: Resources) =>
  [cores, memoryMb, gpus, vramMb].join("/");

/** Heads, from the workflow's arrival on, and tails along the longest paths. */
function loadsOf({ tasks, arrivesAt = 0 }: SimWorkflow, least: (task: SimTask) => number): Load[] {
  const children = childrenOf(tasks);
  const order = inOrder(tasks, children);
  const loads = tasks.map((task) => ({ task, head: arrivesAt, tail: 0 }));
  for (const i of order)
    for (const parent of tasks[i]!.parents)
      loads[i]!.head = Math.max(loads[i]!.head, loads[parent]!.head + least(tasks[parent]!));
  for (const i of order.reverse())
    for (const child of children[i]!)
      loads[i]!.tail = Math.max(loads[i]!.tail, loads[child]!.tail + least(tasks[child]!));
  return loads;
}

/**
 * A lower bound on the time until all workflows are done, without failures, on the fleet as it is (with who joins, leaves or is slow).
 * @returns seconds; Infinity when a task fits no operator
 */
export function lowerBound(workflows: SimWorkflow[], operators: SimOperator[]): LowerBound {
  const least = fastest(operators);
  const loads = workflows.flatMap((workflow) => loadsOf(workflow, least));
  const criticalPath = loads.reduce(
    (most, { task, head, tail }) => Math.max(most, head + least(task) + tail),
    0,
  );
  loads.sort((a, b) => b.tail - a.tail);
  let area = 0;
  let areaBetween = 0;
  for (const kind of kindsOf(loads)) {
    // Whoever could take a task that needs at least this could take one that needs this.
    const able = operators.filter((operator) => suffices(totalsOf(operator), kind));
    const of = loads.filter(({ task }) => task.seconds > 0 && suffices(task.resources, kind));
    if (of.length === 0) continue;
    const programs = [...new Set(of.map(({ task }) => task.program))];
    for (const what of AREAS) {
      if (kind[what] === 0) continue;
      const capacity = new Capacity(able, programs, what);
      const total = of.reduce((sum, { task }) => sum + task.seconds * task.resources[what], 0);
      area = Math.max(area, capacity.doneAt(total, 0));
      areaBetween = Math.max(areaBetween, between(of, what, capacity));
    }
  }
  return { criticalPath, area, areaBetween, lowerBound: Math.max(criticalPath, area, areaBetween) };
}

/** The needs that occur, those with the most work first. */
function kindsOf(loads: Load[]): Resources[] {
  const kinds = new Map<string, { need: Resources; seconds: number }>();
  for (const { task } of loads) {
    const key = keyOf(task.resources);
    const kind = kinds.get(key);
    if (kind) kind.seconds += task.seconds;
    else kinds.set(key, { need: task.resources, seconds: task.seconds });
  }
  return [...kinds.values()]
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, MOST_KINDS)
    .map(({ need }) => need);
}

/** Tasks after whose ends at least so much time passes, for each such time: their work lies between their first start and that. */
function between(byTail: Load[], what: (typeof AREAS)[number], capacity: Capacity): number {
  let most = 0;
  let work = 0;
  let head = Infinity;
  for (const [i, { task, head: from, tail }] of byTail.entries()) {
    work += task.seconds * task.resources[what];
    head = Math.min(head, from);
    if (byTail[i + 1]?.tail === tail) continue;
    most = Math.max(most, capacity.doneAt(work, head) + tail);
  }
  return most;
}
