import { assignmentOf } from "./attempts";
import { allDone, isLive, type AttemptRun, type Run } from "./model";
import { endRun, fail } from "./outcomes";
import { takenBackDue } from "./taken-back";
import type { World } from "./world";

const LOOK_AGAIN_MS = 5_000;

/** The workflow's deadline may have passed: nothing can be claimed any more. */
export function workflowDeadlineDue(world: World, run: Run): void {
  if (run.state !== "running" || allDone(run)) return;
  if (world.passed(run.deadline)) endRun(world, run, "failed", "its deadline has passed");
  else
    world.chores.set(
      `deadline/${run.id}`,
      Math.max(world.now() + LOOK_AGAIN_MS, run.deadline * 1000),
    );
}

/** An attempt's next on-chain deadline may have passed: not claimed, or claimed and not delivered. */
export function deadlineDue(world: World, attempt: AttemptRun): void {
  if (attempt.task.run.takenBack.has(attempt)) return takenBackDue(world, attempt);
  if (!isLive(attempt)) return;
  const claimBy = assignmentOf(world, attempt)?.body.claimBy ?? 0;
  const claim = world.deps.chain.task(attempt.task.run.id, attempt.task.index);
  const limit = attempt.claimed && claim ? claim.deadline : claimBy;
  if (!world.passed(limit)) {
    world.deadlines.set(attempt, Math.max(world.now() + 1000, limit * 1000));
    return;
  }
  // A copy waits for the claim before it, which may not have ended in time.
  const blocked = attempt.standby !== null && claim?.pay === "claimed" && !attempt.claimed;
  if (blocked) fail(world, attempt, "withdrawn", "the claim before it stood in its way");
  else if (!attempt.claimed && attempt === attempt.task.current && attempt.task.standby)
    fail(world, attempt, "withdrawn", "its claim was taken back, and its copy can be claimed");
  else if (!attempt.claimed) fail(world, attempt, "unclaimed", "not claimed in time");
  else if (attempt.state !== "validating" || attempt.task.step.final)
    fail(world, attempt, "late", "not delivered by the claim's deadline");
}
