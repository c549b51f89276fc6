import { FrobenError } from "../../protocol/errors";
import type { Address, Hex } from "viem";
import { WORKFLOW_STATUS } from "../../protocol/abi";
import type { BlockRows } from "./block-rows";
import type { RowOf } from "./chain-statements";
import { jsonArgs, type MarketEvent } from "./market-event";

/** Where an event stands. */
export interface EventPlace {
  block: number;
  /** Unix seconds. */
  timestamp: number;
  tx: Hex;
}

type Args<N extends MarketEvent["name"]> = Extract<MarketEvent, { name: N }>["args"];
export type Account = RowOf<"accounts">;

export const lower = <T extends string>(text: T): T => text.toLowerCase() as T;

/**
 * Adds to an account's balances, all in units.
 * @throws FrobenError `ledger_negative` when a balance would fall below zero: then events are missing or misread
 */
export function credit(
  rows: BlockRows,
  of: Address,
  change: { free?: bigint; locked?: bigint; owed?: bigint; unbonding?: bigint },
): void {
  const address = lower(of);
  const account = rows.find("accounts", address) ?? {
    address,
    free: 0n,
    locked: 0n,
    owed: 0n,
    unbonding: 0n,
    unbondingAt: null,
  };
  const next: Account = { ...account };
  for (const field of ["free", "locked", "owed", "unbonding"] as const) {
    next[field] += change[field] ?? 0n;
    if (next[field] < 0n)
      throw new FrobenError("ledger_negative", `the ${field} units of ${address} fell below zero`, {
        field,
        value: next[field].toString(),
        hint: "the chain's events don't add up: check the market's address and the first block",
      });
  }
  rows.put("accounts", next);
}

/** @throws FrobenError `ledger_unknown` when its opening was never seen */
export function workflowRow(rows: BlockRows, workflow: number): RowOf<"workflows"> {
  const row = rows.find("workflows", workflow);
  if (!row)
    throw new FrobenError(
      "ledger_unknown",
      `workflow ${workflow} was opened before the first block`,
      {
        field: "fromBlock",
        hint: "start from the block of the market's deployment",
      },
    );
  return row;
}

export function openWorkflow(rows: BlockRows, at: EventPlace, args: Args<"WorkflowOpened">): void {
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
    completionTx: null,
    statementDigest: null,
  });
}

/** Applies an event that moves stake, escrow or debts, or ends a workflow. @returns whether it was one */
export function applyMoney(rows: BlockRows, at: EventPlace, event: MarketEvent): boolean {
  const patch = (
    workflow: number,
    change: (row: RowOf<"workflows">) => Partial<RowOf<"workflows">>,
  ) => {
    const row = workflowRow(rows, workflow);
    rows.patch("workflows", row, change(row));
  };
  switch (event.name) {
    case "StakeDeposited":
      credit(rows, event.args.operator, { free: event.args.amount });
      return true;
    case "UnbondingStarted": {
      const { operator, amount, availableAt } = event.args;
      credit(rows, operator, { free: -amount, unbonding: amount });
      rows.patch("accounts", rows.find("accounts", lower(operator))!, { unbondingAt: availableAt });
      return true;
    }
    case "StakeWithdrawn":
      credit(rows, event.args.operator, { unbonding: -event.args.amount });
      return true;
    case "OwedWithdrawn":
      credit(rows, event.args.account, { owed: -event.args.amount });
      return true;
    case "WorkflowOpened":
      openWorkflow(rows, at, event.args);
      return true;
    case "EscrowToppedUp": {
      const { workflow, amount } = event.args;
      patch(workflow, (row) => ({ escrow: row.escrow + amount }));
      return true;
    }
    case "DeadlineExtended": {
      const { workflow, deadline } = event.args;
      patch(workflow, () => ({ deadline }));
      return true;
    }
    case "CoordinatorReplaced": {
      const { workflow, coordinator } = event.args;
      patch(workflow, () => ({ coordinator: lower(coordinator) }));
      return true;
    }
    case "WorkflowCancelled":
      patch(event.args.workflow, () => ({
        status: WORKFLOW_STATUS.cancelled,
        endedAt: at.timestamp,
      }));
      return true;
    case "WorkflowCompleted": // with a proof or, by `finish`, without; see FinalAccepted
      patch(event.args.workflow, () => ({
        status: WORKFLOW_STATUS.completed,
        endedAt: at.timestamp,
      }));
      return true;
    case "EscrowRefunded": {
      const { workflow, amount } = event.args;
      patch(workflow, (row) => ({ refunded: row.refunded + amount }));
      credit(rows, workflowRow(rows, workflow).requester, { owed: amount });
      return true;
    }
    case "FeePaid": {
      const { workflow, coordinator, amount } = event.args;
      patch(workflow, (row) => ({ feePaid: row.feePaid + amount }));
      credit(rows, coordinator, { owed: amount });
      return true;
    }
    default:
      return false;
  }
}
