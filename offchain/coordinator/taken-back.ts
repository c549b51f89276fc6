import { claimsUntil } from "../../protocol/claims-until";
import { fromBytes32, type Bytes32 } from "../../protocol/digest";
import type { Renewal } from "../../protocol/http";
import { claimableSeconds, giveOut, maskHex, UNSIGNED } from "./assign";
import { assignmentOf, forgetTakenBack } from "./attempts";
import { isLive, type AssignmentRun, type AttemptRun, type Run, type TaskRun } from "./model";
import { fail } from "./outcomes";
import type { World } from "./world";

// Claims that a reorganisation takes back. The operator makes such a claim again with the ticket that it has; once `claimBy` has passed, the
// contract refuses that. So the coordinator signs the same assignment anew (operator, attempt, price, root), for those of its tasks that have
// no claim, with a later `claimBy`. Both tickets are for the same claim: of one attempt the contract takes one, ever.
//
//     claimed -> (the chain tables don't show it any more) due -> (signed) renewed -> claimed, or, when `claimBy` has passed, given up
//
// It stays due for as long as another attempt of the task may be claimed. An attempt whose result is used is due again when `claimBy` has
// passed, as long as its operator is there and the step's claim time lasts: nobody else waits for it.

/** The branch that the chain goes on with may have the claim, too: so long the next blocks are waited for, milliseconds. */
const OTHER_BRANCH_MS = 1_000;

/** The claim of an attempt is there (again): its promised bond has become a locked one. */
export function claimIsThere(world: World, attempt: AttemptRun): void {
  attempt.claimed = true;
  const assignment = assignmentOf(world, attempt);
  if (assignment && assignment.unclaimed > 0) {
    assignment.unclaimed--;
    assignment.operator.fleet.promise(-BigInt(attempt.task.step.bond));
  }
  forgetTakenBack(world, attempt);
}

/** The chain does not show the claim of an attempt any more. */
export function lostClaim(world: World, attempt: AttemptRun): void {
  attempt.claimed = false;
  const { task, number } = attempt;
  if (!takesClaims(world, task.run)) return;
  const assignment = assignmentOf(world, attempt) ?? reopened(world, attempt);
  if (!assignment) return;
  assignment.unclaimed++;
  assignment.operator.fleet.promise(BigInt(task.step.bond));
  world.deps.log.warn(
    { workflow: task.run.id, task: task.index, attempt: number },
    "a reorganisation took a claim back",
  );
  awaitClaim(world, attempt);
  world.deadlines.set(attempt, world.now() + OTHER_BRANCH_MS);
}

/** The claim of an attempt is to be made, again as far as is known, whatever time there was for it. */
export function awaitClaim(world: World, attempt: AttemptRun): void {
  const { task } = attempt;
  // Its copy can be claimed now: of the two there is to be no new ticket.
  if (task.standby || !takesClaims(world, task.run) || !assignmentOf(world, attempt)) return;
  const until = world.now() + task.step.claimSeconds * 1000;
  task.run.takenBack.set(attempt, { state: "due", until });
  world.deadlines.set(attempt, world.now());
}

/** The time of an attempt has come whose claim was taken back: to sign its ticket anew, or to give it up. */
export function takenBackDue(world: World, attempt: AttemptRun): void {
  const { task } = attempt;
  const assignment = assignmentOf(world, attempt);
  const { takenBack } = task.run;
  const lookAt = (seconds: number) =>
    world.deadlines.set(attempt, Math.max(world.now() + 1000, seconds * 1000));
  if (!assignment || !takesClaims(world, task.run)) return giveUpClaim(world, attempt);
  const { state, until } = takenBack.get(attempt)!;
  const { claimBy } = assignment.body;
  if (state === "renewed") {
    if (!world.passed(claimBy)) return lookAt(claimBy);
    const isPatient = !isLive(attempt) && world.now() < until;
    if (!isPatient || !assignment.operator.fleet.online) return giveUpClaim(world, attempt);
  }
  const others = othersUntil(task);
  if (world.passed(others)) renew(world, assignment);
  else lookAt(others);
}

/** Whether the contract takes claims of a workflow that this coordinator signs. */
function takesClaims(world: World, { id, state }: Run): boolean {
  const chain = world.deps.chain.workflow(id);
  if (!chain || world.passed(claimsUntil(chain, world.deps.calls.lateClaims))) return false;
  if (chain.coordinator.toLowerCase() !== world.deps.account.address.toLowerCase()) return false;
  // A completion that landed before the claims leaves some time for them.
  return state === "running" || state === "completed";
}

/** Until when (chain time, Unix seconds) another attempt of a task may be claimed; 0: there is none. */
const othersUntil = ({ claimableUntil, formerUntil }: TaskRun): number =>
  Math.max(claimableUntil, formerUntil);

/** The assignment of an attempt that has ended, to be given out again; undefined when it was lost with the database. */
function reopened(world: World, { operator, root, task }: AttemptRun): AssignmentRun | undefined {
  const holder = world.operators.get(operator);
  const body = world.assignmentBody(root);
  if (!holder || !body) return undefined;
  const assignment: AssignmentRun = {
    body,
    operator: holder,
    decision: fromBytes32(body.tasks[0]!.decisionDigest as Bytes32),
    attempts: body.tasks.flatMap((line) => {
      const known = task.run.task(line.task)?.numbered(line.attempt);
      return known?.root === root ? [known] : [];
    }),
    live: true,
    unclaimed: 0,
  };
  holder.assignments.set(root, assignment);
  return assignment;
}

/** Signs an assignment anew for those of its tasks that have no claim, with as much time to claim them as at first. */
function renew(world: World, assignment: AssignmentRun): void {
  const { body, attempts } = assignment;
  const { run, step } = attempts[0]!.task;
  const { takenBack } = run;
  const isOver = world.passed(body.claimBy);
  // One ticket for all: also for those of them that were not claimed yet.
  const unclaimed = attempts.filter((attempt) => {
    const isAwaited = takenBack.has(attempt) || (isLive(attempt) && !attempt.claimed);
    const hasLapsed = isOver && isLive(attempt) && takenBack.get(attempt)?.state === "renewed";
    const isAlone = !attempt.task.standby && world.passed(othersUntil(attempt.task));
    return isAwaited && !hasLapsed && isAlone;
  });
  const latest = claimsUntil(world.deps.chain.workflow(run.id)!, world.deps.calls.lateClaims);
  const claimBy = Math.min(latest, world.chainNow() + claimableSeconds(world, step));
  // A copy's ticket may be good for longer.
  if (claimBy > body.claimBy) {
    const mask = maskHex(unclaimed.map(({ task }) => task.index));
    assignment.body = { ...body, mask, claimBy, renewed: true, signature: UNSIGNED };
    assignment.live = true;
    run.claimableUntil = Math.max(run.claimableUntil, claimBy);
    world.journal.assignment(assignment);
    giveOut(world, assignment);
  }
  for (const attempt of unclaimed) {
    const until = takenBack.get(attempt)?.until ?? 0;
    takenBack.set(attempt, { state: "renewed", until });
    world.deadlines.set(attempt, assignment.body.claimBy * 1000);
  }
  world.touch(run);
}

/** A claim that was taken back was not made again while it could be. */
function giveUpClaim(world: World, attempt: AttemptRun): void {
  const { task, number } = attempt;
  forgetTakenBack(world, attempt);
  if (isLive(attempt)) return fail(world, attempt, "unclaimed", "not claimed again in time");
  world.deps.log.warn(
    { workflow: task.run.id, task: task.index, attempt: number },
    "a result that is used has no claim: it is not paid",
  );
}

/** @returns tickets that an operator is to take in place of those that it has, but for those that it names */
export function renewalsFor(
  assignments: Iterable<AssignmentRun>,
  held: ReadonlyMap<string, number>,
): Renewal[] {
  return [...assignments]
    .filter(({ body, live, unclaimed }) => live && body.renewed && unclaimed > 0)
    .filter(({ body }) => body.signature !== UNSIGNED && held.get(body.root) !== body.claimBy)
    .map(({ body: { workflow, root, mask, claimBy, signature } }) => {
      return { workflow, root, mask, claimBy, signature };
    });
}
