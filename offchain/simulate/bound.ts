import type { Resources } from "../../protocol/spec";
import { suffices } from "../runtime/shortage";
import { between, type Placed } from "./between";
import { AREAS, Capacity } from "./capacity";
import { deepLoadsOf, fastest, loadsOf, type Load, type Span } from "./loads";
import { totalsOf, type SimOperator, type SimWorkflow } from "./model";

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

/** One resource of who could take a kind of task, and what tasks that need at least that take of it. */
interface Area {
  capacity: Capacity;
  /** Resource times seconds at speed 1; 0 for other tasks. */
  work(load: Pick<Load, "task" | "kind">): number;
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

/** What a deep look at a workflow needs to know of the areas. */
function spansOf(areas: readonly Area[], loads: readonly Load[]): Span[] {
  return areas.map(({ capacity, work }) => ({
    work: Float64Array.from(loads, work),
    head: (sum, from) => capacity.doneAt(sum, from),
    // When a task ends is not known, so what comes after it is done at the highest rate of all times.
    tail: (sum, beside) => sum / capacity.peak + beside,
  }));
}

function most(loads: Load[]): number {
  let longest = 0;
  for (const { head, least, tail } of loads) longest = Math.max(longest, head + least + tail);
  return longest;
}

/**
 * A lower bound on the time until all workflows are done, without failures, on the fleet as it is (with who joins, leaves or is slow).
 * @returns seconds; Infinity when a task fits no operator
 */
export function lowerBound(workflows: SimWorkflow[], operators: SimOperator[]): LowerBound {
  const least = fastest(operators);
  const byPath = workflows.map((workflow) => loadsOf(workflow, least));
  const longest = byPath.flat();
  const criticalPath = most(longest);
  const areas = areasOf(longest, operators);
  const loads = workflows.flatMap((workflow, w) => {
    const paths = byPath[w]!;
    return areas.length > 0 && paths.length <= MAX_ANCESTRY
      ? deepLoadsOf(workflow, paths, spansOf(areas, paths))
      : paths;
  });
  let area = 0;
  let areaBetween = most(loads);
  for (const { capacity, work } of areas) {
    const placed: Placed[] = [];
    let total = 0;
    for (const load of loads) {
      const own = work(load);
      if (own === 0) continue;
      placed.push({ work: own, head: load.head, tail: load.tail });
      total += own;
    }
    area = Math.max(area, capacity.doneAt(total, 0));
    areaBetween = Math.max(areaBetween, between(placed, capacity));
  }
  return { criticalPath, area, areaBetween, lowerBound: Math.max(criticalPath, area, areaBetween) };
}
