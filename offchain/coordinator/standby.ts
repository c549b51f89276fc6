import { remainingMs, stragglesFrom, type Running } from "../matchmaker/standby";
import { lookAtStragglers } from "../matchmaker/stragglers";
import { assign } from "./assign";
import { forgottenUntil } from "./forgotten";
import { isLive, type AttemptRun } from "./model";
import { withdraw } from "./outcomes";
import type { World } from "./world";

// Copies of stragglers. A copy is the next attempt, assigned while the claim of the one before it stands: its operator computes it and
// waits. If it is the first to have computed, the other's operator is asked for its release; if the other's result is found valid, the
// copy is cancelled, unpaid; if the other ends in any other way, the copy takes its place (see `fail`).

/** Gives copies of stragglers to operators that nobody else needs now: comes after the matcher's run. */
export function startStandbys(world: World): void {
  const now = world.now();
  lookAtStragglers(world.stragglers, now, {
    from: (attempt) => candidateFrom(world, attempt),
    copy: (attempt) => startStandby(world, attempt, now),
  });
}

function candidateFrom(world: World, attempt: AttemptRun): number | "unknown" | undefined {
  const { task } = attempt;
  const { run, step } = task;
  // A later number is a copy of it, which has ended: there is one for each attempt.
  const isFirst = task.current === attempt && task.attempt === attempt.number;
  if (!isFirst || attempt.state !== "running" || !step.standby) return undefined;
  if (run.state !== "running" || world.passed(run.deadline)) return undefined;
  // Before its claim is on-chain there would be two assignments that can be claimed.
  if (run.paused || !attempt.claimed || !world.passed(task.claimableUntil)) return "unknown";
  const usualMs = world.experience.typicalMs(step.program, task.sizeClass);
  if (usualMs === undefined) return "unknown";
  return stragglesFrom(runningOf(attempt), step.standby.afterFactor, usualMs);
}

function runningOf({ startedAt, assignedAt, progress, risenAt }: AttemptRun): Running {
  const from = startedAt ?? assignedAt;
  return { startedAt: from, progress, risenAt: risenAt ?? from };
}

/** @returns whether somebody was found who should be done with it sooner */
function startStandby(world: World, attempt: AttemptRun, now: number): boolean {
  const { task } = attempt;
  const holder = world.operators.get(attempt.operator)?.fleet;
  if (!holder) return false;
  const holderMs = remainingMs(runningOf(attempt), now);
  const lane = task.lane.partOf(task);
  const match = world.matcher.standby(lane, task, holder, holderMs, now);
  if (!match) return false;
  assign(world, match, "as standby");
  world.deps.metrics.standby("started", 0);
  world.deps.log.info(
    { workflow: task.run.id, task: task.index, attempt: attempt.number },
    "a straggler gets a copy",
  );
  return true;
}

/** An attempt was heard of: if it is a copy that has computed while the first one still does, that one is given up. */
export function race(world: World, attempt: AttemptRun): void {
  const { current, standby } = attempt.task;
  if (attempt !== standby || attempt.state !== "computed" || !isLive(current)) return;
  if (current.state !== "offered" && current.state !== "running") return;
  const { step, sizeClass } = current.task;
  const ranMs = world.now() - (current.startedAt ?? world.now());
  const learned = world.experience.outlasted(step.program, current.operator, ranMs, sizeClass);
  world.learned(step.program, current.operator, learned);
  withdraw(world, current, "a standby copy was faster");
}

/**
 * Somebody holds an attempt that is not known here, the database having been lost. It may be a copy, which can be claimed for longer than
 * others: the task's next attempt waits for that.
 */
export function awaitForgotten(world: World, held: { workflow: number; task: number }): void {
  const run = world.runs.get(held.workflow);
  const task = run?.task(held.task);
  if (!run || !task?.step.standby) return;
  const until = forgottenUntil(world, task);
  if (task.claimableUntil >= until) return;
  task.claimableUntil = until;
  run.claimableUntil = Math.max(run.claimableUntil, until);
  world.journal.task(task);
}
