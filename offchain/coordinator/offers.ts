import { FULL_BPS } from "../runtime/offer";
import type { TaskRun } from "./model";
import type { World } from "./world";

/** A task can be matched: unless somebody takes it in time, more is offered for it. */
export function awaitTaker(world: World, task: TaskRun): void {
  if (task.offerBps >= FULL_BPS || world.rises.has(task)) return;
  world.rises.set(task, world.now() + task.step.limits.startSeconds * 1000);
}

/** Nobody took a task within the time that its step gives for that. */
export function raise(world: World, task: TaskRun): void {
  if (task.offerBps < FULL_BPS) task.rises++;
  world.journal.task(task);
  world.touch(task.run);
}

/** The time is over for which a task was to be taken at its price. */
export function raiseDue(world: World, task: TaskRun): void {
  // While a claim stands in its way, nobody could take it.
  if (task.state !== "ready" || !task.lane.has(task)) return;
  if (!task.run.paused) raise(world, task);
  awaitTaker(world, task);
}
