import { getAddress, isAddressEqual } from "viem";
import { claimsUntil } from "../../../protocol/claims-until";
import { LIMITS } from "../../../protocol/limits";
import { minimumEscrow } from "../../../protocol/terms";
import type { EventOf } from "../chain/market-event";
import { knownWorkflow, RULES, type Replay } from "./context";
import { escrowBound, escrowLeft, spentOf, type Workflow } from "./ledger";
import { feeOf } from "./shares";

const STATUS = { open: 1, completed: 2, cancelled: 3 } as const;

/** Whether anybody may claim tasks of a workflow at a time, and it may be changed. */
export const isOpen = ({ status, deadline }: Workflow, time: number): boolean =>
  status === STATUS.open && time <= deadline;

/** Whether tasks of a workflow may be claimed at a time with its coordinator's signature. */
export const takesClaims = ({ parameters }: Replay, workflow: Workflow, time: number): boolean =>
  time <= claimsUntil(workflow, parameters.lateClaims);

/** A requester pays a workflow's escrow in. */
export function workflowOpened(
  { ledger, recorder }: Replay,
  event: EventOf<"WorkflowOpened">,
  where: string,
): void {
  const { args, block, logIndex, time } = event;
  const check = recorder.check(RULES.workflows);
  const { terms, steps, escrow } = args;
  check.expect(
    !ledger.workflows.has(args.workflow),
    "workflow_opened_twice",
    where,
    `workflow ${args.workflow} was open already`,
  );
  const least = minimumEscrow([...steps], terms.feeBps);
  check.expect(
    escrow >= least,
    "escrow_below_minimum",
    where,
    () => `escrow of ${escrow} units, the steps can cost ${least}`,
  );
  check.expect(terms.deadline > time, "deadline_passed", where, "opened past its own deadline");
  let firstTask = 0;
  for (const [index, step] of steps.entries()) {
    check.expect(
      step.firstTask === firstTask && step.maxTasks > 0,
      "steps_not_contiguous",
      where,
      () => `step ${index} owns tasks from ${step.firstTask}, not ${firstTask}`,
    );
    firstTask += step.maxTasks;
  }
  const coordinator = getAddress(terms.coordinator);
  ledger.workflows.set(args.workflow, {
    workflow: args.workflow,
    requester: getAddress(args.requester),
    coordinator,
    coordinators: [{ since: [block, logIndex], coordinator }],
    status: STATUS.open,
    feeBps: terms.feeBps,
    deadline: terms.deadline,
    escrow,
    refunded: 0n,
    fee: 0n,
    feePaid: false,
    paid: 0n,
    compensated: 0n,
    specHash: terms.specHash,
    steps,
    spent: new Map(),
    claimed: new Map(),
    tasks: new Map(),
    claims: [],
    endedAt: undefined,
    silenceDelay: terms.silenceDelay,
    silentAt: undefined,
    silentBy: undefined,
    final: undefined,
  });
  ledger.in += escrow;
  // Their balances are compared even if no event ever credits them.
  ledger.account(args.requester);
  ledger.account(coordinator);
}

export function escrowToppedUp(
  replay: Replay,
  { args }: EventOf<"EscrowToppedUp">,
  where: string,
): void {
  replay.ledger.in += args.amount;
  const workflow = knownWorkflow(replay, RULES.workflows, args.workflow, where);
  if (workflow) workflow.escrow += args.amount;
}

export function deadlineExtended(
  replay: Replay,
  { args }: EventOf<"DeadlineExtended">,
  where: string,
): void {
  const workflow = knownWorkflow(replay, RULES.workflows, args.workflow, where);
  if (!workflow) return;
  replay.recorder
    .check(RULES.workflows)
    .expect(
      args.deadline > workflow.deadline,
      "deadline_shortened",
      where,
      () => `from ${workflow.deadline} to ${args.deadline}`,
    );
  workflow.deadline = args.deadline;
}

export function coordinatorReplaced(
  replay: Replay,
  { args, block, logIndex }: EventOf<"CoordinatorReplaced">,
  where: string,
): void {
  const workflow = knownWorkflow(replay, RULES.workflows, args.workflow, where);
  if (!workflow) return;
  workflow.coordinator = getAddress(args.coordinator);
  replay.ledger.account(workflow.coordinator);
  workflow.coordinators.push({ since: [block, logIndex], coordinator: workflow.coordinator });
}

function end(replay: Replay, workflow: Workflow, status: 2 | 3, time: number, where: string): void {
  replay.recorder
    .check(RULES.workflows)
    .expect(
      workflow.status === STATUS.open,
      "workflow_ended_twice",
      where,
      `workflow ${workflow.workflow} had ended already`,
    );
  workflow.status = status;
  // Claims may have stopped before now.
  workflow.endedAt = Math.min(time, workflow.deadline);
}

export function workflowCancelled(
  replay: Replay,
  { args, time }: EventOf<"WorkflowCancelled">,
  where: string,
): void {
  const workflow = knownWorkflow(replay, RULES.workflows, args.workflow, where);
  if (workflow) end(replay, workflow, STATUS.cancelled, time, where);
}

/** Completed by its final proof, which the same transaction accepted, or declared finished where no step is final. */
export function workflowCompleted(
  replay: Replay,
  { args, time, tx }: EventOf<"WorkflowCompleted">,
  where: string,
): void {
  const workflow = knownWorkflow(replay, RULES.workflows, args.workflow, where);
  if (!workflow) return;
  end(replay, workflow, STATUS.completed, time, where);
  const check = replay.recorder.check(RULES.workflows);
  if (!workflow.steps.some((step) => step.isFinal)) {
    check.expect(
      BigInt(args.statementDigest) === 0n,
      "completion_without_final",
      where,
      "a workflow without a final step names a proved statement",
    );
    return;
  }
  const { final } = workflow;
  check.expect(
    final?.tx === tx &&
      isAddressEqual(args.verifier, final.verifier) &&
      args.statementDigest === final.statementDigest,
    "completion_without_proof",
    where,
    "no final proof of this verifier and statement was accepted in its transaction",
  );
}

/** The escrow that can no longer be spent goes back to the requester. */
export function escrowRefunded(
  replay: Replay,
  { args, time }: EventOf<"EscrowRefunded">,
  where: string,
): void {
  const workflow = knownWorkflow(replay, RULES.workflows, args.workflow, where);
  if (!workflow) return;
  const check = replay.recorder.check(RULES.workflows);
  check.expect(
    !takesClaims(replay, workflow, time),
    "refund_too_early",
    where,
    "refunded while the workflow could still be claimed from",
  );
  workflow.refunded += args.amount;
  replay.ledger.account(workflow.requester).owed += args.amount;
  check.expect(
    escrowLeft(workflow) === escrowBound(workflow),
    "refund_amount",
    where,
    () =>
      `${escrowLeft(workflow)} units are left, claims and fee may still cost ${escrowBound(workflow)}`,
  );
}

/** The coordinator's basis points of what was spent, when nothing can change any more. */
export function feePaid(replay: Replay, { args, time }: EventOf<"FeePaid">, where: string): void {
  const workflow = knownWorkflow(replay, RULES.workflows, args.workflow, where);
  if (!workflow) return;
  const check = replay.recorder.check(RULES.workflows);
  check.expect(
    !workflow.feePaid,
    "fee_paid_twice",
    where,
    `workflow ${workflow.workflow} had paid its fee`,
  );
  const tail = Math.max(...workflow.steps.map(({ claimTime, window }) => claimTime + window));
  const last = claimsUntil(workflow, replay.parameters.lateClaims) || workflow.endedAt!;
  const dueAt = last + tail + LIMITS.feeDelay;
  check.expect(time > dueAt, "fee_too_early", where, `paid at ${time}, it is due after ${dueAt}`);
  check.expect(
    isAddressEqual(args.coordinator, workflow.coordinator),
    "fee_recipient",
    where,
    () => `paid to ${args.coordinator}, the coordinator is ${workflow.coordinator}`,
  );
  const spent = spentOf(workflow);
  const due = feeOf(spent, workflow.feeBps);
  check.expect(
    args.amount === due,
    "fee_amount",
    where,
    () => `${args.amount} units, ${workflow.feeBps} basis points of ${spent} are ${due}`,
  );
  const states = new Set([...workflow.tasks.values()].map(({ state }) => state));
  if (states.has("claimed"))
    check.find(
      "warning",
      "fee_on_expired_claims",
      where,
      "the fee counts claims that had run out and that nobody had ended",
    );
  check.expect(
    !states.has("disputed"),
    "fee_on_disputes",
    where,
    "the fee counts results in dispute, whose price may still return to the escrow",
  );
  workflow.fee += args.amount;
  workflow.feePaid = true;
  replay.ledger.account(args.coordinator).owed += args.amount;
}
