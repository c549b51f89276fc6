import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import type { TaskState } from "../../protocol/http";
import type { Ref, Spec, Step } from "../../protocol/spec";
import { isCondition, isList } from "../../protocol/spec-graph";
import { find, outlookOf, type GraphTask, type LeftOut } from "./outlook";
import type { Plan, PlannedTask } from "./plan";

// What becomes of a workflow's tasks as they end, by spec and results alone. Who runs them, and what else is to be done when something
// becomes of one, is its caller's business: the coordinator's, and the simulator's.

/** A task that is followed. */
export interface FollowedTask<T> extends GraphTask {
  state: TaskState;
  leftOut: LeftOut | null;
  /** By output, once it is done. */
  outputs: Record<string, Digest> | null;
  /** Tasks that have inputs from it. */
  readonly dependents: T[];
}

/** A workflow's graph, as far as it is unfolded. */
export interface Graph<T> {
  readonly spec: Spec;
  readonly plan: Plan;
  /** By index in the workflow. */
  readonly tasks: Map<number, T>;
  /** Items of collections that tasks put out, by `task/output`. */
  readonly collections: ReadonlyMap<string, Digest[]>;
  /** Tasks of which nothing more is to come: done, left out, or failed as the step's policy allows. */
  over: number;
}

/** Is told what becomes of tasks, whose states say it. */
export interface Follower<T> {
  /** It waits for inputs, or is ready. */
  open(task: T): void;
  /** Nothing more is to come of it. @param reason of one that did not come to be done */
  over(task: T, reason?: string): void;
  /** It failed for good, and with it the workflow. */
  fatal(task: T, reason: string): void;
  /** All tasks are over. @param lost name of an output of the workflow that can't be had any more */
  allOver(task: T, lost: string | undefined): void;
}

/** Whether nothing more is to come of a task, and its workflow goes on. */
export function isOver({ state, step }: GraphTask): boolean {
  const tolerated = state === "failed" && step.onFailure !== undefined;
  return state === "done" || state === "left_out" || tolerated;
}

/** Whether all that a workflow asks for is done, or left out as its spec allows. */
export function allOver<T>({ plan, tasks, over }: Graph<T>): boolean {
  return plan.complete && over === tasks.size;
}

/** A task has failed for good; its step's policy says what follows. */
export function giveUp<T extends FollowedTask<T>>(
  graph: Graph<T>,
  task: T,
  reason: string,
  follower: Follower<T>,
): void {
  task.state = "failed";
  if (isOver(task)) end(graph, task, follower, reason);
  else follower.fatal(task, reason);
}

/** Makes a task that has not begun ready, or ends it, as soon as its inputs decide that. */
export function lookAhead<T extends FollowedTask<T>>(
  graph: Graph<T>,
  task: T,
  follower: Follower<T>,
): void {
  const outlook = outlookOf(task, graph.tasks);
  if (outlook === "fail")
    return giveUp(graph, task, "an input that it needs can't be had", follower);
  if (typeof outlook === "string" && outlook !== "open") {
    task.state = "left_out";
    task.leftOut = outlook;
    return end(graph, task, follower, "what it would have been for was left out");
  }
  task.state = outlook === "open" ? "waiting" : "ready";
  follower.open(task);
}

/** Nothing more is to come of a task, as its state says: those that have inputs from it come nearer, and the workflow its end. */
export function end<T extends FollowedTask<T>>(
  graph: Graph<T>,
  task: T,
  follower: Follower<T>,
  reason?: string,
): void {
  graph.over++;
  follower.over(task, reason);
  for (const dependent of task.dependents)
    if (dependent.state === "waiting") lookAhead(graph, dependent, follower);
  if (allOver(graph)) follower.allOver(task, lostOutput(graph));
}

/**
 * Adds the tasks that can be known by now.
 * @param make makes a task of what the plan says of it
 * @param begin called for each when it is among the others: looks ahead, unless it comes out of a database
 * @returns how many there are
 * @throws FrobenError as `Plan.advance`, when the run's data do not fit the spec
 */
export function unfold<T extends FollowedTask<T>>(
  { plan, tasks, collections }: Graph<T>,
  make: (planned: PlannedTask) => T,
  begin: (task: T) => void,
): number {
  const planned = plan.advance(
    (task, output) => collections.get(`${task}/${output}`),
    (task, output) => tasks.get(task)?.outputs?.[output],
  );
  const added = planned.map((one) => {
    const task = make(one);
    tasks.set(one.task, task);
    return task;
  });
  for (const task of added) {
    const makers = Object.values(task.inputs).map((source) =>
      "task" in source ? source.task : source.of,
    );
    for (const index of new Set(makers))
      if (index !== undefined) tasks.get(index)!.dependents.push(task);
    begin(task);
  }
  return added.length;
}

/** Whether what a step's task puts out, a list or what a condition looks at, decides which tasks there are. */
export function unfoldsSteps(spec: Spec, { id, outputs }: Step): boolean {
  return Object.values(outputs).includes("collection") || isCondition(spec, id);
}

/** @returns a workflow's output that can't be had any more, unless the final step's proof decides what the workflow is worth */
export function lostOutput<T extends GraphTask>(graph: Graph<T>): string | undefined {
  const { spec, plan, tasks, collections } = graph;
  if (spec.steps.some((step) => step.final)) return undefined;
  const isLost = (ref: Ref) => {
    if (isList(spec, ref)) return false;
    try {
      const source = plan.resolve(ref, (task, output) => collections.get(`${task}/${output}`));
      return source && !Array.isArray(source) && find(source, tasks) === "lost";
    } catch (error) {
      // The run's data turned out not to have it, whatever the tasks do.
      if (!(error instanceof FrobenError)) throw error;
      return false;
    }
  };
  return Object.keys(spec.outputs).find((name) => isLost(spec.outputs[name]!));
}
