import type { Hex } from "viem";
import { assignmentRoot, leavesOf } from "../../protocol/assignment";
import { toBytes32, ZERO_BYTES32 } from "../../protocol/digest";
import type { SignedAssignment } from "../../protocol/http";
import type { Step } from "../../protocol/spec";
import { placeOf } from "../../protocol/task-place";
import { maskOf } from "../../protocol/ticket";
import { termsOpening, type StepTerms } from "../../protocol/terms";
import { endingOf, workOf } from "./attempts";
import { decisionDigest } from "../matchmaker/decision";
import type { Match } from "../matchmaker/match";
import { newAttempt, type AssignmentRun, type AttemptRun, type TaskRun } from "./model";
import { signAssignment } from "./sign";
import type { World } from "./world";

/** Hex digits of a 192-bit mask. */
const MASK_DIGITS = 48;
/** An assignment without its signature. */
export const UNSIGNED: Hex = "0x";

/**
 * Turns a match into attempts, bookings and an assignment, which is given out once it is signed.
 * @param how "as standby": a copy, beside the task's current attempt
 */
export function assign(world: World, match: Match<TaskRun>, how?: "as standby"): void {
  const { lane, tasks, price, slots } = match;
  const { run, step, stepIndex } = tasks[0]!;
  const work = run.work!;
  const number = tasks[0]!.nextAttempt;
  const now = world.now();
  const operator = world.operators.get(match.operator.address)!;
  const decision = decisionDigest(match.decision);
  const assigned = tasks.map((task) => {
    const inputs = task.inputRefs();
    const statement = step.statement === undefined ? undefined : inputs[step.statement]!.digest;
    return {
      task: task.index,
      attempt: number,
      inputs,
      statementDigest: statement === undefined ? ZERO_BYTES32 : toBytes32(statement),
      decisionDigest: toBytes32(decision),
      traceparent: world.deps.traces?.traceparent(run.id, task.index, number),
    };
  });
  const leaves = leavesOf({ program: step.program, params: step.params, tasks: assigned });
  const opening = termsOpening(work.terms, stepIndex);
  const indices = tasks.map((task) => task.index);
  const body: SignedAssignment = {
    workflow: run.id,
    step: stepIndex,
    stepId: step.id,
    operator: operator.address,
    attempt: number,
    word: placeOf(indices[0]!).word,
    mask: maskHex(indices),
    price: price.toString(),
    claimBy: Math.min(run.deadline, world.chainNow() + claimableSeconds(world, step, how)),
    root: assignmentRoot(leaves),
    signature: UNSIGNED,
    terms: termsBody(opening.terms),
    termsPath: opening.path,
    program: step.program,
    params: step.params,
    outputs: step.outputs,
    statement: step.statement,
    resources: step.resources,
    limits: step.limits,
    tasks: assigned,
    takeOvers: takeOversOf(world, tasks),
    ...(how ? { standby: true } : {}),
  };
  const root = body.root as Hex;
  const attempts = tasks.map((task, i): AttemptRun => {
    const standby = how ? ("beside" as const) : null;
    const fields = { number, operator: operator.address, root, assignedAt: now, standby };
    const attempt: AttemptRun = { ...newAttempt(task, fields), booked: i < slots };
    task.attempt = number;
    if (how) task.other = attempt;
    else {
      Object.assign(task, { current: attempt, other: undefined, state: "assigned", reason: null });
      task.claimableUntil = 0;
      world.rises.clear(task);
    }
    world.journal.task(task);
    world.journal.attempt(attempt);
    return attempt;
  });
  const bond = lane.terms.bond;
  const assignment: AssignmentRun = {
    body,
    operator,
    decision,
    attempts,
    live: true,
    unclaimed: attempts.length,
  };
  operator.assignments.set(root, assignment);
  const { fleet } = operator;
  fleet.promise(bond * BigInt(attempts.length));
  fleet.set({ lastAssignedAt: now });
  fleet.queue(attempts.length - slots);
  const { concurrency } = fleet.registration;
  for (const [i, attempt] of attempts.entries()) {
    if (attempt.booked) {
      const work = workOf(attempt, now);
      const ends = endingOf(world, attempt.operator, work);
      world.reservations.book(attempt.key, operator.address, step.resources, ends);
      fleet.begin(attempt.key, work);
    }
    world.leases.open(attempt, step.limits, now, Math.floor(i / concurrency));
    world.deadlines.set(attempt, body.claimBy * 1000);
  }
  run.attempts += attempts.length;
  run.claimableUntil = Math.max(run.claimableUntil, body.claimBy);
  world.journal.decision(decision, match.decision);
  world.journal.assignment(assignment);
  world.journal.operator(operator);
  world.touch(run);
  giveOut(world, assignment);
}

/** @returns the mask of tasks of one word, as it travels */
export const maskHex = (indices: number[]): Hex =>
  `0x${maskOf(indices).toString(16).padStart(MASK_DIGITS, "0")}`;

/** A copy can be claimed only once the claim before it has ended, and that began before this: it outlasts it. */
export function claimableSeconds(world: World, { claimSeconds }: Step, how?: "as standby"): number {
  return how ? claimSeconds : Math.min(claimSeconds, world.deps.settings.claimBySeconds);
}

/** Signs an assignment and lets its operator have it. If it is signed anew meanwhile, only that counts. */
export function giveOut(world: World, assignment: AssignmentRun): void {
  const { body, operator } = assignment;
  world.later("signing an assignment", { workflow: body.workflow }, async () => {
    world.signing++;
    try {
      body.signature = await signAssignment(world, body);
    } finally {
      world.signing--;
    }
    world.journal.assignment(assignment);
    world.notify(operator);
  });
}

/** Claims that are past their deadline and stand in the way of the tasks. */
function takeOversOf(world: World, tasks: TaskRun[]): SignedAssignment["takeOvers"] {
  const found = new Map<string, SignedAssignment["takeOvers"][number]>();
  for (const task of tasks) {
    const claim = world.deps.chain.task(task.run.id, task.index);
    if (claim?.pay !== "claimed") continue;
    const batch = world.deps.chain.batch(claim.operator, claim.slot);
    if (batch?.state !== "claimed" || batch.ticket.root !== claim.root) continue;
    const { money, scope, root, judgeHash } = batch.ticket;
    found.set(`${claim.operator}/${claim.slot}`, {
      holder: claim.operator,
      slot: claim.slot,
      money: money.toString(),
      scope: scope.toString(),
      root,
      judgeHash,
    });
  }
  return [...found.values()];
}

function termsBody(terms: StepTerms): SignedAssignment["terms"] {
  const { ceiling, bond, judge } = terms;
  return {
    ...terms,
    ceiling: ceiling.toString(),
    bond: bond.toString(),
    judge: { ...judge, jurorFee: judge.jurorFee.toString() },
  };
}
