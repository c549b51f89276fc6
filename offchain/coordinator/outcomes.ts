import { afterFailure, type Failure } from "../runtime/retry";
import { assignmentOf, close, tell } from "./attempts";
import { isLive, type AttemptRun, type Run } from "./model";
import { park } from "./ready";
import type { World } from "./world";

/** Ends an attempt that came to nothing, tells its operator, and has the task tried again while its step's policy allows. */
export function fail(world: World, attempt: AttemptRun, failure: Failure, reason: string): void {
  if (attempt.state === "ended") return;
  const { task } = attempt;
  close(world, attempt, failure, reason);
  if (attempt.claimed || failure === "failed" || failure === "refused") task.claimableUntil = 0;
  else task.claimableUntil = assignmentOf(world, attempt)?.body.claimBy ?? 0;
  if (failure !== "withdrawn") blame(world, attempt);
  if (failure === "refused" && !task.refusals.includes(attempt.operator))
    task.refusals.push(attempt.operator);
  tell(world, attempt, failure === "invalid" ? "invalid" : "cancelled", reason);
  retry(world, attempt, failure, reason);
}

/** An attempt's operator is not asked to do the task again while others can. */
function blame(world: World, attempt: AttemptRun): void {
  const { task } = attempt;
  const operator = world.operators.get(attempt.operator);
  task.avoid.add(attempt.operator);
  const learned = world.experience.failed(task.step.program, attempt.operator);
  world.journal.learn(task.step.program, attempt.operator, learned);
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
  task.reason = reason;
  if (next.kind === "give_up") {
    task.state = "failed";
    task.endedAt = now;
    endRun(world, task.run, "failed", `${task.step.id} ${task.position}: ${reason}`);
  } else {
    task.pending = task.missing();
    task.state = task.pending > 0 ? "waiting" : "ready";
    task.notBefore = next.notBefore;
    park(world, task);
  }
  world.journal.task(task);
  world.touch(task.run);
}

/**
 * Does a finished task again that lost its pay on-chain: its result was struck, or is void because an input of its was. What rests on
 * it and runs or is done goes on, and is done again when it becomes void itself; what has not begun waits for the new result.
 */
export function redo(world: World, attempt: AttemptRun, pay: "struck" | "void"): void {
  const { task } = attempt;
  const { run } = task;
  if (task.state !== "done" || run.state !== "running") return;
  // Lists have unfolded the graph, which can't be taken back.
  if (Object.values(task.step.outputs).includes("collection")) return;
  const failure = pay === "struck" ? "invalid" : "withdrawn";
  const reason = pay === "struck" ? "its result was struck" : "an input of its was struck";
  Object.assign(attempt, { outcome: failure, reason });
  world.journal.attempt(attempt);
  run.work!.done--;
  Object.assign(task, { result: null, outputs: null, endedAt: null, claimableUntil: 0 });
  if (pay === "struck") {
    const operator = world.operators.get(attempt.operator);
    if (operator) operator.struck++;
    blame(world, attempt);
  }
  retry(world, attempt, failure, reason);
  for (const dependent of task.dependents) {
    if (dependent.state !== "waiting" && dependent.state !== "ready") continue;
    dependent.lane.remove(dependent);
    world.parked.clear(dependent);
    dependent.pending = dependent.missing();
    dependent.state = "waiting";
    world.journal.task(dependent);
  }
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
  for (const lane of run.work?.lanes ?? []) world.queue.close(lane);
  world.queue.forget(run.id);
  for (const task of run.work?.tasks.values() ?? []) {
    world.parked.clear(task);
    // Claims that stand may still be delivered and paid.
    if (isLive(task.current) && !task.current.claimed)
      withdraw(world, task.current, `the workflow is ${state}`);
  }
  world.chores.set(`close/${run.id}`, world.now());
  world.touch(run);
}
