import { afterFailure, type Failure } from "../runtime/retry";
import { assignmentOf, close, tell } from "./attempts";
import { isLive, type AttemptRun, type Run } from "./model";
import { park } from "./ready";
import type { World } from "./world";

/** Ends an attempt that came to nothing, tells its operator, and has the task tried again while its step's policy allows. */
export function fail(world: World, attempt: AttemptRun, failure: Failure, reason: string): void {
  if (attempt.state === "ended") return;
  const { task } = attempt;
  const now = world.now();
  const operator = world.operators.get(attempt.operator);
  close(world, attempt, failure, reason);
  if (attempt.claimed || failure === "failed" || failure === "refused") task.claimableUntil = 0;
  else task.claimableUntil = assignmentOf(world, attempt)?.body.claimBy ?? 0;
  if (failure !== "withdrawn") {
    task.avoid.add(attempt.operator);
    const learned = world.experience.failed(task.step.program, attempt.operator);
    world.journal.learn(task.step.program, attempt.operator, learned);
    if (operator) {
      operator.failed++;
      world.journal.operator(operator);
    }
  }
  if (failure === "refused" && !task.refusals.includes(attempt.operator))
    task.refusals.push(attempt.operator);
  world.deps.log.warn(
    { workflow: task.run.id, task: task.index, attempt: attempt.number, failure },
    reason,
  );
  tell(world, attempt, failure === "invalid" ? "invalid" : "cancelled", reason);
  const next = afterFailure(task.step.retry, failure, task.failures, task.refusals.length, now);
  task.failures = next.failures;
  task.reason = reason;
  if (next.kind === "give_up") {
    task.state = "failed";
    task.endedAt = now;
    endRun(world, task.run, "failed", `${task.step.id} ${task.position}: ${reason}`);
  } else {
    task.state = "ready";
    task.notBefore = next.notBefore;
    park(world, task);
  }
  world.journal.task(task);
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
