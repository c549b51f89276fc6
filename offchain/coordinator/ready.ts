import type { ChainTask } from "./facade";
import { isAdoptable } from "./forgotten";
import type { TaskRun } from "./model";
import { awaitTaker } from "./offers";
import { isForgotten, reusable } from "./reuse";
import { noteInputs } from "./sizes";
import type { World } from "./world";

/** How long to wait before looking again at something that only the chain's clock decides, milliseconds. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Puts a ready task where it can be matched; or, if it can't be yet, where it is looked at again; or, if its result is known, where it
 * takes that.
 * @param how "run it": whatever is known
 */
export function park(world: World, task: TaskRun, how?: "run it"): void {
  const { run } = task;
  if (task.state !== "ready" || !run.isRead) return;
  const claim = world.deps.chain.task(run.id, task.index);
  if (claim && claim.attempt > task.attempt) {
    if (isAdoptable(world, task, claim)) {
      world.chores.set(`look/${run.id}`, world.now()); // see adopt.ts
      return;
    }
    // Attempts that others made, while this coordinator was silent or was not the workflow's, fence its next ones.
    task.attempt = claim.attempt;
  }
  world.journal.task(task);
  if (run.state !== "running") return;
  if (task.notBefore > world.now()) {
    task.reason ??= "waiting to be tried again";
    world.parked.set(task, task.notBefore);
    return;
  }
  const obstacle = claimObstacle(world, task, claim);
  if (obstacle) {
    task.lane.remove(task);
    task.reason = obstacle.reason;
    if (obstacle.until !== undefined)
      world.parked.set(task, Math.max(world.now() + LOOK_AGAIN_MS, obstacle.until * 1000));
    return;
  }
  world.parked.clear(task);
  task.reason = null;
  const isKnown = () => reusable(world, task) !== undefined || isForgotten(world, task);
  if (how !== "run it" && !task.lane.has(task) && isKnown()) {
    world.reusing.add(task);
    world.kick();
    return;
  }
  if (!task.lane.has(task)) noteInputs(task, task.inputRefs());
  task.lane.add(task);
  awaitTaker(world, task);
  world.kick();
}

/** What stands in the way of the next assignment of a task: claims and assignments before it. */
export interface Obstacle {
  code: "earlier_assignment" | "earlier_claim" | "earlier_commitment" | "in_dispute";
  reason: string;
  /** Unix seconds: when to look again; without it, the chain will tell. */
  until?: number;
}

/**
 * Why nobody could claim a task now. One assignment at a time is claimable: the next has to wait for the last to lapse, and for its
 * claim to end.
 */
export function claimObstacle(
  world: World,
  task: TaskRun,
  claim: ChainTask | undefined,
): Obstacle | undefined {
  const { claimableUntil } = task;
  if (claimableUntil > 0 && !world.passed(claimableUntil))
    return {
      code: "earlier_assignment",
      reason: "an earlier assignment can still be claimed",
      until: claimableUntil,
    };
  // Its proof completes the workflow, after which claims are taken for a short time only.
  if (task.step.final && task.run.takenBack.size > 0)
    return {
      code: "earlier_claim",
      reason: "claims that a reorganisation took back are to be made again first",
      until: 0,
    };
  switch (claim?.pay) {
    case "claimed":
      // After its deadline the next claim takes it over.
      if (world.passed(claim.deadline)) return undefined;
      return {
        code: "earlier_claim",
        reason: `the claim of attempt ${claim.attempt} stands`,
        until: claim.deadline,
      };
    case "committed":
    case "settled": {
      const wrong = world.challenges.get(`${task.run.id}/${task.index}`);
      // Its strike is under way: the next operator can compute meanwhile.
      if (wrong?.challenge === "sent" && wrong.number === claim.attempt) return undefined;
      return {
        code: "earlier_commitment",
        reason: `the commitment of attempt ${claim.attempt} stands`,
      };
    }
    case "disputed": // it may yet be paid: nobody can claim the task before the dispute's end
      return { code: "in_dispute", reason: `attempt ${claim.attempt} is in dispute` };
    default:
      return undefined;
  }
}
