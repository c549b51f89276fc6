import { getAddress } from "viem";
import { LIMITS } from "../../../protocol/limits";
import { judgeHash } from "../../../protocol/terms";
import { tasksOf, unpackTicket, withMask, type Claim } from "../../../protocol/ticket";
import type { EventOf } from "../chain/market-event";
import { knownWorkflow, RULES, type Replay } from "./context";
import {
  attemptKey,
  escrowBound,
  escrowLeft,
  type Batch,
  type Task,
  type Workflow,
} from "./ledger";
import { isOpen, takesClaims } from "./workflows";

function checkTerms(
  replay: Replay,
  workflow: Workflow,
  claim: Claim,
  deadline: number,
  time: number,
  where: string,
): void {
  const check = replay.recorder.check(RULES.claims);
  check.expect(
    claim.workflow === workflow.workflow,
    "ticket_workflow",
    where,
    "event and ticket differ",
  );
  check.expect(
    claim.open ? isOpen(workflow, time) : takesClaims(replay, workflow, time),
    "claim_after_end",
    where,
    `workflow ${workflow.workflow} was closed to new claims`,
  );
  const step = workflow.steps[claim.step];
  if (
    !check.expect(
      step !== undefined,
      "step_unknown",
      where,
      () => `the workflow has no step ${claim.step}`,
    )
  )
    return;
  const tasks = tasksOf(claim.word, claim.mask);
  check.expect(
    tasks.length > 0 && tasks.length <= LIMITS.maxBatch,
    "claim_size",
    where,
    `${tasks.length} tasks`,
  );
  const { firstTask, maxTasks, ceiling, bond, rule, claimTime } = step!;
  // A final step has no window: its proof is verified when it is submitted.
  const window = step!.isFinal ? 0 : step!.window;
  check.expect(
    tasks.every((task) => task >= firstTask && task < firstTask + maxTasks),
    "claim_outside_step",
    where,
    () => `tasks ${tasks.join(", ")} are not all in [${firstTask}, ${firstTask + maxTasks})`,
  );
  check.expect(
    claim.price <= ceiling,
    "price_above_ceiling",
    where,
    `price ${claim.price}, ceiling ${ceiling}`,
  );
  check.expect(
    claim.bond === bond && claim.rule === rule && claim.window === window,
    "ticket_terms",
    where,
    () => `the ticket's bond, rule or window differ from step ${claim.step}'s`,
  );
  check.expect(
    deadline === time + claimTime,
    "claim_deadline",
    where,
    () => `deadline ${deadline}, the claim time ends at ${time + claimTime}`,
  );
  check.expect(
    claim.judgeHash === judgeHash(step!.judge),
    "ticket_terms",
    where,
    () => `the ticket binds other terms of disputes than step ${claim.step}'s`,
  );
}

/** Takes one task for a claim; another live or paid claim of it is a finding. */
function takeTask(
  replay: Replay,
  workflow: Workflow,
  batch: Batch,
  index: number,
  where: string,
): void {
  const { claim, operator } = batch;
  const before = workflow.tasks.get(index);
  const free =
    before === undefined || !["claimed", "committed", "disputed", "settled"].includes(before.state);
  const check = replay.recorder.check(RULES.claims);
  check.expect(
    free,
    before?.state === "settled" ? "task_paid_before" : "claim_not_exclusive",
    where,
    () => `task ${index} is ${before!.state} by ${before!.operator} (attempt ${before!.attempt})`,
  );
  const endedAttempt = before?.endedAttempt ?? 0;
  check.expect(
    claim.attempt > endedAttempt,
    "attempt_not_fenced",
    where,
    () => `attempt ${claim.attempt} of task ${index}, attempt ${endedAttempt} had ended`,
  );
  const task: Task = {
    task: index,
    state: "claimed",
    attempt: claim.attempt,
    operator,
    price: claim.price,
    endedAttempt,
    struckAttempts: before?.struckAttempts ?? [],
    pot: before?.pot ?? 0n,
  };
  workflow.tasks.set(index, task);
}

/** Adds to (or, negative, takes from) what a word of tasks has spent. */
export function addSpent(workflow: Workflow, word: number, units: bigint): void {
  workflow.spent.set(word, (workflow.spent.get(word) ?? 0n) + units);
}

/** An operator accepts tasks: price is reserved, bonds are locked. */
export function claimed(replay: Replay, event: EventOf<"Claimed">, where: string): void {
  const { args, time, tx } = event;
  const claim = unpackTicket(args.ticket);
  const operator = getAddress(args.operator);
  const batch: Batch = {
    operator,
    slot: args.slot,
    state: "claimed",
    ticket: args.ticket,
    claim,
    claimedAt: time,
    claimBlock: event.block,
    claimTx: tx,
    time: args.deadline,
    commitments: [],
    removed: new Set(),
    voided: new Set(),
  };
  const check = replay.recorder.check(RULES.claims);
  const held = replay.ledger.batch(operator, args.slot);
  check.expect(
    held === undefined || held.state === "credited",
    "slot_in_use",
    where,
    () => `slot ${args.slot} still holds a ${held!.state} batch`,
  );
  check.expect(
    args.assignment === undefined || (claim.mask & ~args.assignment.mask) === 0n,
    "claim_outside_assignment",
    where,
    "it claims tasks that the coordinator did not offer",
  );
  replay.ledger.put(batch);
  replay.ledger.claims.push(batch);

  const tasks = tasksOf(claim.word, claim.mask);
  const bonds = claim.bond * BigInt(tasks.length);
  const account = replay.ledger.account(operator);
  check.expect(
    bonds <= account.free,
    "bond_not_free",
    where,
    () => `locks ${bonds} units of ${account.free} free ones`,
  );
  account.free -= bonds;
  account.locked += bonds;
  const { minStake } = replay.parameters;
  check.expect(
    account.free + account.locked >= minStake,
    "stake_below_minimum",
    where,
    () => `${operator} claims with less than the minimum of ${minStake} units`,
  );

  const workflow = knownWorkflow(replay, RULES.claims, args.workflow, where);
  if (!workflow) return;
  checkTerms(replay, workflow, claim, args.deadline, time, where);
  workflow.claims.push(batch);
  for (const task of tasks) takeTask(replay, workflow, batch, task, where);
  workflow.claimed.set(claim.word, (workflow.claimed.get(claim.word) ?? 0n) | claim.mask);
  addSpent(workflow, claim.word, claim.price * BigInt(tasks.length));
  check.expect(
    escrowLeft(workflow) >= escrowBound(workflow),
    "claim_above_escrow",
    where,
    "the escrow left does not cover all live claims",
  );
}

/** Commitments replace a claim, or a part of it, which then moves to a slot of its own. */
export function committed(replay: Replay, event: EventOf<"Committed">, where: string): void {
  const { args, time } = event;
  const check = replay.recorder.check(RULES.commitments);
  const operator = getAddress(args.operator);
  const claim = unpackTicket(args.ticket);
  const tasks = tasksOf(claim.word, claim.mask);
  const from = replay.ledger.batch(operator, args.fromSlot);
  const live = from?.state === "claimed" ? from : undefined;
  const same =
    live !== undefined &&
    live.ticket.root === args.ticket.root &&
    withMask(live.ticket, claim.mask).money === args.ticket.money;
  check.expect(
    same && (claim.mask & ~live.claim.mask) === 0n,
    "commit_without_claim",
    where,
    () => `slot ${args.fromSlot} of ${operator} holds no live claim of these tasks`,
  );
  check.expect(
    live === undefined || time <= live.time,
    "commit_too_late",
    where,
    () => `at ${time}, deadline ${live!.time}`,
  );
  check.expect(
    args.maturesAt === time + claim.window,
    "maturity",
    where,
    () =>
      `matures at ${args.maturesAt}, the window of ${claim.window} s ends at ${time + claim.window}`,
  );
  check.expect(
    args.commitments.length === tasks.length,
    "commitment_count",
    where,
    `${args.commitments.length} commitments for ${tasks.length} tasks`,
  );
  const batch: Batch = {
    operator,
    slot: args.slot,
    state: "committed",
    ticket: args.ticket,
    claim,
    claimedAt: live?.claimedAt ?? time,
    claimBlock: live?.claimBlock ?? event.block,
    claimTx: live?.claimTx ?? event.tx,
    time: args.maturesAt,
    commitments: args.commitments,
    removed: new Set(),
    voided: new Set(),
  };
  if (live && claim.mask !== live.claim.mask) {
    const rest = live.claim.mask & ~claim.mask;
    const target = replay.ledger.batch(operator, args.slot);
    check.expect(
      args.slot !== args.fromSlot && (target === undefined || target.state === "credited"),
      "slot_in_use",
      where,
      `slot ${args.slot} is not free for a part`,
    );
    live.ticket = withMask(live.ticket, rest);
    live.claim = { ...live.claim, mask: rest };
  } else
    check.expect(
      args.slot === args.fromSlot,
      "commit_moved",
      where,
      "a whole claim is committed where it is",
    );
  replay.ledger.put(batch);
  recordCommitments(replay, batch, tasks, where);
}

function recordCommitments(replay: Replay, batch: Batch, tasks: number[], where: string): void {
  const { claim, operator } = batch;
  const workflow = replay.ledger.workflows.get(claim.workflow);
  for (const [position, index] of tasks.entries()) {
    const task = workflow?.tasks.get(index);
    const own =
      task?.state === "claimed" && task.attempt === claim.attempt && task.operator === operator;
    replay.recorder
      .check(RULES.commitments)
      .expect(
        own,
        "commit_without_claim",
        where,
        () => `task ${index} attempt ${claim.attempt} is not claimed by ${operator}`,
      );
    if (task) task.state = "committed";
    const commitment = batch.commitments[position];
    if (commitment)
      replay.ledger.committed.set(attemptKey(claim.workflow, index, claim.attempt), {
        workflow: claim.workflow,
        step: claim.step,
        task: index,
        attempt: claim.attempt,
        operator,
        root: batch.ticket.root,
        commitment,
        outcome: "committed",
      });
  }
}
