import { afterFailure, countsAs, ranMs, type Failure } from "../runtime/retry";
import { assignmentOf, close, forgetTakenBack, tell } from "./attempts";
import * as follow from "../workflow/follow";
import type { Follower } from "../workflow/follow";
import { isLive, type AttemptRun, type Run, type TaskRun } from "./model";
import { raise } from "./offers";
import { park } from "./ready";
import type { World } from "./world";

/** Failures that the operator itself reports: it does not claim any more. */
const GIVEN_UP: ReadonlySet<Failure> = new Set(["failed", "refused", "declined"]);

/**
 * Ends an attempt that came to nothing, and tells its operator. If a copy runs beside it, that takes its place; otherwise the task is
 * tried again while its step's policy allows. A copy that ends beside the current attempt changes nothing for the task.
 */
export function fail(world: World, attempt: AttemptRun, cause: Failure, reason: string): void {
  if (attempt.state === "ended") return;
  const { task } = attempt;
  const isCopy = attempt === task.standby;
  const failure = countsAs(cause, isCopy);
  const claimBy = assignmentOf(world, attempt)?.body.claimBy ?? 0;
  close(world, attempt, failure, reason);
  const unclaimable = attempt.claimed || GIVEN_UP.has(failure);
  task.formerUntil = Math.max(task.formerUntil, claimBy);
  if (!unclaimable) task.claimableUntil = Math.max(task.claimableUntil, claimBy);
  if (failure !== "withdrawn") blame(world, attempt, failure);
  if (failure === "start_timeout" && !isCopy) raise(world, task);
  if (failure === "refused" && !task.refusals.includes(attempt.operator))
    task.refusals.push(attempt.operator);
  tell(world, attempt, failure === "invalid" ? "invalid" : "cancelled", reason);
  if (isCopy) lost(world, attempt, reason);
  else retry(world, attempt, failure, reason);
}

/** A copy has ended beside the current attempt. */
function lost(world: World, attempt: AttemptRun, reason: string): void {
  const { task, number } = attempt;
  world.deps.metrics.standby("lost", computedMs(attempt));
  world.deps.log.info(
    { workflow: task.run.id, task: task.index, attempt: number, reason },
    "copy ended",
  );
  world.journal.task(task);
  world.touch(task.run);
}

/** The copy that runs beside a task's attempt, which has ended, takes its place. @returns whether there is one */
function promote(world: World, task: TaskRun, failure: Failure): boolean {
  const { current: former, standby } = task;
  if (!former || !standby) return false;
  // What failed by itself would have been in vain without a copy, too.
  world.deps.metrics.standby("won", failure === "withdrawn" ? computedMs(former) : 0);
  standby.standby = "promoted";
  task.other = former;
  task.current = standby;
  task.state = standby.state === "offered" ? "assigned" : "running";
  task.reason = null;
  if (standby.state === "running") world.stragglers.set(standby, world.now());
  world.journal.attempt(standby);
  world.journal.task(task);
  world.touch(task.run);
  return true;
}

/** How long an attempt that has ended was computed, milliseconds. */
function computedMs({ startedAt, computedAt, endedAt }: AttemptRun): number {
  return startedAt === null ? 0 : Math.max(0, (computedAt ?? endedAt!) - startedAt);
}

/** An attempt's operator is not asked to do the task again while others can. */
function blame(world: World, attempt: AttemptRun, failure: Failure): void {
  const { task } = attempt;
  const operator = world.operators.get(attempt.operator);
  task.avoid.add(attempt.operator);
  const ran = ranMs(failure, attempt.startedAt, world.now());
  const { program } = task.step;
  const learned = world.experience.failed(program, attempt.operator, ran, task.sizeClass);
  world.learned(program, attempt.operator, learned);
  if (!operator) return;
  operator.failed++;
  world.journal.operator(operator);
}

/** Has a task tried again, once its inputs are there, while its step's policy allows. */
function retry(world: World, attempt: AttemptRun, failure: Failure, reason: string): void {
  const { task } = attempt;
  const now = world.now();
  world.deps.log.warn(
    { workflow: task.run.id, task: task.index, attempt: attempt.number, failure },
    reason,
  );
  const next = afterFailure(task.step.retry, failure, task.failures, task.refusals.length, now);
  task.failures = next.failures;
  if (promote(world, task, failure)) return;
  task.reason = reason;
  if (next.kind === "give_up") return giveUp(world, task, reason);
  task.notBefore = next.notBefore;
  lookAhead(world, task);
  world.touch(task.run);
}

/** What the coordinator does with what becomes of tasks. */
function followerOf(world: World): Follower<TaskRun> {
  const ended = (task: TaskRun, reason: string) => {
    task.pending = task.missing();
    Object.assign(task, { endedAt: world.now(), reason });
  };
  return {
    open(task) {
      task.pending = task.missing();
      park(world, task);
      world.journal.task(task);
    },
    over(task, reason) {
      if (reason !== undefined) ended(task, reason);
      if (task.standby) withdraw(world, task.standby, "the first attempt came first");
      world.journal.task(task);
      world.touch(task.run);
    },
    fatal(task, reason) {
      const { step, position, run } = task;
      ended(task, reason);
      world.journal.task(task);
      endRun(world, run, "failed", `${step.id} ${position}: ${reason}`);
      world.touch(run);
    },
    allOver: ({ run }, lost) => comesToItsEnd(world, run, lost),
  };
}

/** A task has failed for good; its step's policy says what follows. */
export const giveUp = (world: World, task: TaskRun, reason: string): void =>
  follow.giveUp(task.run.work!, task, reason, followerOf(world));

/** Makes a task that has not begun ready, or ends it, as soon as its inputs decide that. */
export const lookAhead = (world: World, task: TaskRun): void =>
  follow.lookAhead(task.run.work!, task, followerOf(world));

/** A task is done: those that have inputs from it come nearer, and the workflow its end. */
export const isDone = (world: World, task: TaskRun): void =>
  follow.end(task.run.work!, task, followerOf(world));

/**
 * All tasks are over: the workflow comes to its end, and fails if it has not what it was for.
 * @param lost name of an output that can't be had
 */
export function comesToItsEnd(world: World, run: Run, lost: string | undefined): void {
  if (lost !== undefined)
    endRun(world, run, "failed", `outputs.${lost}: the task that makes it failed`);
  world.chores.set(`close/${run.id}`, world.now());
}

/** What has not begun waits again for a task that is done once more. */
function waitAgain(world: World, task: TaskRun): void {
  for (const dependent of task.dependents) {
    const { state } = dependent;
    if (state !== "waiting" && state !== "ready" && state !== "left_out") continue;
    dependent.lane.remove(dependent);
    world.parked.clear(dependent);
    if (state === "left_out") task.run.work!.over--;
    Object.assign(dependent, { state: "waiting", leftOut: null, endedAt: null });
    if (state === "left_out") waitAgain(world, dependent);
    dependent.pending = dependent.missing();
    world.journal.task(dependent);
  }
}

/**
 * Does a finished task again that lost its pay on-chain: its result was struck, or is void because an input of its was. What rests on
 * it and runs or is done goes on, and is done again when it becomes void itself; what has not begun waits for the new result.
 */
export function redo(world: World, attempt: AttemptRun, pay: "struck" | "void"): void {
  const { task } = attempt;
  if (task.reused || !canBeUndone(task)) return;
  const failure = pay === "struck" ? "invalid" : "withdrawn";
  const reason = pay === "struck" ? "its result was struck" : "an input of its was struck";
  Object.assign(attempt, { outcome: failure, reason });
  world.journal.attempt(attempt);
  undo(world, task);
  if (pay === "struck") {
    const operator = world.operators.get(attempt.operator);
    if (operator) operator.struck++;
    blame(world, attempt, failure);
  }
  retry(world, attempt, failure, reason);
}

/** What lists or conditions went by can't be taken back. */
const canBeUndone = (task: TaskRun): boolean =>
  task.state === "done" &&
  task.run.state === "running" &&
  !follow.unfoldsSteps(task.run.work!.spec, task.step);

function undo(world: World, task: TaskRun): void {
  task.run.work!.over--;
  Object.assign(task, { state: "waiting", result: null, outputs: null, endedAt: null });
  waitAgain(world, task);
}

/** A result that a task had taken does not stand any more: the task is done after all. What began with it goes on. */
export function takeBack(world: World, task: TaskRun): void {
  if (!task.reused || !canBeUndone(task)) return;
  undo(world, task);
  task.reused = null;
  lookAhead(world, task);
  world.touch(task.run);
}

/** Takes an attempt back, which is not its operator's failure. */
export function withdraw(world: World, attempt: AttemptRun, reason: string): void {
  fail(world, attempt, "withdrawn", reason);
}

/** Ends a workflow: nothing more is assigned, and what was not claimed is taken back. */
export function endRun(
  world: World,
  run: Run,
  state: Exclude<Run["state"], "running">,
  reason: string | null,
): void {
  if (run.state !== "running") return;
  run.state = state;
  run.reason = reason;
  run.endedAt = world.now();
  world.chores.clear(`spec/${run.id}`);
  world.queue.end(run.id, run.work?.lanes ?? [], run.endedAt);
  run.work?.sizes.clear();
  run.work?.locality.clear();
  for (const task of run.work?.tasks.values() ?? []) {
    world.parked.clear(task);
    world.rises.clear(task);
    if (task.standby) withdraw(world, task.standby, `the workflow is ${state}`);
    // Claims that stand may still be delivered and paid.
    if (isLive(task.current) && !task.current.claimed)
      withdraw(world, task.current, `the workflow is ${state}`);
  }
  // One that was completed may have been so before they could be made again.
  if (state !== "completed")
    for (const attempt of run.takenBack.keys()) forgetTakenBack(world, attempt);
  world.chores.set(`close/${run.id}`, world.now());
  world.touch(run);
}
