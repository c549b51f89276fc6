import { WORKFLOW_STATUS } from "../../protocol/abi";
import { accountRow, credit, lower, patchWorkflow, workflowRow } from "./balances";
import type { BlockRows } from "./block-rows";
import type { RowOf } from "./chain-statements";
import type { EventPlace, Handlers } from "./handlers";
import { jsonArgs, type EventArgs } from "./market-event";

/** An address, or null for the one that means nobody. */
const orNobody = (address: `0x${string}`) => (BigInt(address) === 0n ? null : lower(address));

function openWorkflow(rows: BlockRows, at: EventPlace, args: EventArgs<"WorkflowOpened">): void {
  rows.put("workflows", {
    workflow: args.workflow,
    requester: lower(args.requester),
    coordinator: lower(args.coordinator),
    specHash: lower(args.terms.specHash),
    key: lower(args.terms.key),
    feeBps: args.terms.feeBps,
    deadline: args.terms.deadline,
    escrow: args.escrow,
    spent: 0n,
    refunded: 0n,
    feePaid: 0n,
    status: WORKFLOW_STATUS.open,
    steps: jsonArgs(args.steps) as RowOf<"workflows">["steps"],
    openedBlock: at.block,
    openedAt: at.timestamp,
    endedAt: null,
    silenceDelay: args.terms.silenceDelay,
    silentAt: null,
    silentBy: null,
    completionTx: null,
    statementDigest: null,
    resultDigest: null,
  });
}

/** Stake, escrow, debts; how workflows begin, change and end. */
export const MONEY = {
  StakeDeposited: (rows, _at, { operator, amount }) => credit(rows, operator, { free: amount }),
  UnbondingStarted(rows, _at, { operator, amount, availableAt }) {
    credit(rows, operator, { free: -amount, unbonding: amount });
    rows.patch("accounts", accountRow(rows, operator), { unbondingAt: availableAt });
  },
  StakeWithdrawn: (rows, _at, { operator, amount }) =>
    credit(rows, operator, { unbonding: -amount }),
  OwedWithdrawn: (rows, _at, { account, amount }) => credit(rows, account, { owed: -amount }),
  DelegateSet: (rows, _at, { operator, delegate }) =>
    rows.patch("accounts", accountRow(rows, operator), { delegate: orNobody(delegate) }),

  WorkflowOpened: openWorkflow,
  EscrowToppedUp: (rows, _at, { workflow, amount }) =>
    patchWorkflow(rows, workflow, (row) => ({ escrow: row.escrow + amount })),
  DeadlineExtended: (rows, _at, { workflow, deadline }) =>
    patchWorkflow(rows, workflow, () => ({ deadline })),
  CoordinatorReplaced: (rows, _at, { workflow, coordinator }) =>
    patchWorkflow(rows, workflow, () => ({ coordinator: lower(coordinator) })),
  WorkflowCancelled: (rows, at, { workflow }) =>
    patchWorkflow(rows, workflow, () => ({
      status: WORKFLOW_STATUS.cancelled,
      endedAt: at.timestamp,
    })),
  // With a proof or, by `finish`, without; see FinalAccepted.
  WorkflowCompleted: (rows, at, { workflow }) =>
    patchWorkflow(rows, workflow, () => ({
      status: WORKFLOW_STATUS.completed,
      endedAt: at.timestamp,
    })),
  EscrowRefunded(rows, _at, { workflow, amount }) {
    patchWorkflow(rows, workflow, (row) => ({ refunded: row.refunded + amount }));
    credit(rows, workflowRow(rows, workflow).requester, { owed: amount });
  },
  FeePaid(rows, _at, { workflow, coordinator, amount }) {
    patchWorkflow(rows, workflow, (row) => ({ feePaid: row.feePaid + amount }));
    credit(rows, coordinator, { owed: amount });
  },
} satisfies Partial<Handlers>;
