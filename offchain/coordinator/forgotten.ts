import type { ChainTask } from "./facade";
import type { TaskRun } from "./model";
import type { World } from "./world";

// Attempts of a life whose database is lost: operators hold them, and the chain may know them yet.

/** Whether the attempt behind a claim is of a life whose database is lost, and can still come to something. */
export function isAdoptable(world: World, { run, attempt }: TaskRun, claim: ChainTask): boolean {
  if (run.blankUntil === 0 || claim.attempt <= attempt) return false;
  if (claim.pay === "claimed") return !world.passed(claim.deadline);
  return claim.pay === "committed" || claim.pay === "settled";
}

/** @returns until when the task's attempts that nobody remembers can be claimed, Unix seconds; copies can be for longer */
export function forgottenUntil(world: World, { run, step }: TaskRun): number {
  const more = step.standby ? step.claimSeconds - world.deps.settings.claimBySeconds : 0;
  return run.blankUntil + Math.max(0, more);
}
