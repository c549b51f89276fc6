import type { InputRef } from "../../protocol/assignment";
import type { Origin } from "../../protocol/http";
import { maskOf, withMask } from "../../protocol/ticket";
import { isHeld, isLive, type AssignmentRun, type AttemptRun, type OperatorRun } from "./model";
import type { Work } from "../matchmaker/fleet";
import { endOf } from "../matchmaker/pace";
import { unknownMs } from "../matchmaker/prospect";
import type { Ending } from "../runtime/machine";
import { signRelease } from "./sign";
import type { World } from "./world";

/** What an operator holds of an attempt. */
export function assignmentOf(world: World, attempt: AttemptRun): AssignmentRun | undefined {
  return world.operators.get(attempt.operator)?.assignments.get(attempt.root);
}

/** @returns what a result of this attempt is named by in other workflows */
export const originOf = ({ task, number }: AttemptRun): Origin => ({
  workflow: task.run.id,
  task: task.index,
  attempt: number,
});

/** @returns what an attempt was assigned to run on: since then a task that it builds on may have been done again */
export function inputsOf(world: World, attempt: AttemptRun): Record<string, InputRef> {
  const body = assignmentOf(world, attempt)?.body ?? world.assignmentBody(attempt.root);
  const line = body?.tasks.find(({ task }) => task === attempt.task.index);
  // An assignment that was lost with the database is taken to have named today's inputs.
  return line?.inputs ?? attempt.task.inputRefs();
}

/** An operator has the attempt and computes it, as far as its turn has come. */
export function heard(
  world: World,
  attempt: AttemptRun,
  progress: number,
  note: string | undefined,
): void {
  const now = world.now();
  world.leases.hear(attempt, now);
  if (attempt.state !== "offered" && attempt.state !== "running") return;
  if (attempt.state === "offered" && (attempt.booked || progress > 0)) {
    attempt.state = "running";
    attempt.startedAt = now;
    if (attempt === attempt.task.current) attempt.task.state = "running";
    if (attempt.task.step.standby) world.stragglers.set(attempt, now);
    world.leases.start(attempt, now);
    world.journal.attempt(attempt);
    world.journal.task(attempt.task);
    world.touch(attempt.task.run);
  }
  if (progress > attempt.progress) attempt.risenAt = now;
  if (attempt.progress !== progress || attempt.note !== (note ?? null)) {
    attempt.progress = progress;
    attempt.note = note ?? null;
    world.touch(attempt.task.run);
  }
  if (progress >= 1) computed(world, attempt);
}

/** The computation has ended; what is left is waiting for blocks and sending bytes, which holds no machine. */
export function computed(world: World, attempt: AttemptRun): void {
  if (attempt.state !== "offered" && attempt.state !== "running") return;
  const now = world.now();
  attempt.state = "computed";
  attempt.startedAt ??= now;
  attempt.computedAt = now;
  world.deps.traces?.event(attempt, "computed");
  const { limits, claimSeconds } = attempt.task.step;
  world.leases.open(attempt, { ...limits, runSeconds: claimSeconds }, now);
  world.leases.start(attempt, now);
  freeMachine(world, attempt);
  world.journal.attempt(attempt);
}

/** Gives an attempt's booking to the next one in its operator's queue, or back. */
export function freeMachine(world: World, attempt: AttemptRun): void {
  const operator = world.operators.get(attempt.operator);
  if (!operator) return;
  const { fleet } = operator;
  const queued = (other: AttemptRun) =>
    (other.state === "offered" || other.state === "running") && !other.booked;
  if (!attempt.booked) {
    // It leaves the queue without having had a booking.
    if (fleet.queued > 0) fleet.queue(-1);
    return;
  }
  attempt.booked = false;
  fleet.end(attempt.key);
  world.journal.attempt(attempt);
  const next = nextInQueue(operator, attempt, queued);
  if (next) {
    const work = workOf(next, world.now());
    const ends = endingOf(world, next.operator, work);
    world.reservations.handOver(attempt.key, next.key, ends);
    next.booked = true;
    fleet.queue(-1);
    fleet.begin(next.key, work);
    world.journal.attempt(next);
  } else world.reservations.free(attempt.key);
  world.kick();
}

function nextInQueue(
  operator: OperatorRun,
  leaving: AttemptRun,
  queued: (attempt: AttemptRun) => boolean,
): AttemptRun | undefined {
  for (const assignment of operator.assignments.values())
    for (const attempt of assignment.attempts)
      if (attempt !== leaving && queued(attempt)) return attempt;
  return undefined;
}

/** @returns expected milliseconds of an attempt on its operator */
export function expectedMs(world: World, attempt: AttemptRun): number {
  const { step, sizeClass } = attempt.task;
  const fallbackMs = unknownMs(step.limits);
  return world.experience.expectedMs(step.program, attempt.operator, fallbackMs, sizeClass);
}

/** @returns what an operator computes from `since` on (Unix milliseconds), for those who expect when it ends */
export function workOf({ task, operator }: AttemptRun, since: number): Work {
  const { program, limits } = task.step;
  const fetchMs = task.haul?.fetchMs(operator);
  return { program, since, fallbackMs: unknownMs(limits), sizeClass: task.sizeClass, fetchMs };
}

/** When work should end, as far as is known when that is asked. */
export function endingOf(world: World, operator: string, work: Work): Ending {
  return (now) => endOf(world.experience, operator, work, now);
}

/** Ends an attempt in memory: lease, deadline, machine. */
export function close(
  world: World,
  attempt: AttemptRun,
  outcome: NonNullable<AttemptRun["outcome"]>,
  reason: string | null,
): void {
  const computing = attempt.state === "offered" || attempt.state === "running";
  attempt.state = "ended";
  attempt.outcome = outcome;
  attempt.reason = reason;
  attempt.endedAt = world.now();
  world.deps.metrics.attemptEnded(outcome);
  world.deps.traces?.ended(attempt);
  world.leases.close(attempt);
  if (outcome !== "valid") attempt.task.run.takenBack.delete(attempt);
  if (!isHeld(attempt)) world.deadlines.clear(attempt);
  world.stragglers.clear(attempt);
  if (computing) freeMachine(world, attempt);
  world.journal.attempt(attempt);
  endAssignment(world, attempt);
}

/** Ends what an attempt was assigned by, once its operator has nothing to do with any attempt of it. */
function endAssignment(world: World, attempt: AttemptRun): void {
  const assignment = assignmentOf(world, attempt);
  if (!assignment || assignment.attempts.some(isHeld)) return;
  assignment.live = false;
  world.journal.assignmentEnded(assignment);
  world.dropPromise(attempt.operator, attempt.root);
}

/** A claim that a reorganisation took back is not waited for any more: it was made again, or can't be. */
export function forgetTakenBack(world: World, attempt: AttemptRun): void {
  const { run } = attempt.task;
  if (!run.takenBack.delete(attempt) || isLive(attempt)) return;
  world.deadlines.clear(attempt);
  endAssignment(world, attempt);
  world.chores.set(`close/${run.id}`, world.now());
}

/** Puts a verdict up for its operator; a claim that stands comes with the signature that lets it go free of penalty. */
export function tell(
  world: World,
  attempt: AttemptRun,
  verdict: NonNullable<AttemptRun["verdict"]>,
  reason: string | null,
): void {
  attempt.verdict = verdict;
  attempt.verdictReason = reason?.slice(0, 1000) ?? null;
  attempt.verdictSeen = false;
  world.journal.attempt(attempt);
  const operator = world.operators.get(attempt.operator);
  if (!operator) return;
  const publish = () => {
    operator.verdicts.set(attempt.key, attempt);
    world.notify(operator);
  };
  const { chain } = world.deps;
  const claim = chain.task(attempt.task.run.id, attempt.task.index);
  const holds =
    claim?.pay === "claimed" && claim.root === attempt.root && claim.operator === attempt.operator;
  const batch = holds ? chain.batch(claim.operator, claim.slot) : undefined;
  if (verdict !== "cancelled" || !batch) return publish();
  const ticket = withMask(batch.ticket, maskOf([attempt.task.index]));
  world.later("signing a release", { attempt: attempt.key }, async () => {
    attempt.release = await signRelease(world, attempt.operator, ticket);
    world.journal.attempt(attempt);
    publish();
  });
}
