import type { Address } from "viem";
import { FrobenError } from "../../protocol/errors";
import type { BlockRows } from "./block-rows";
import type { RowOf } from "./chain-statements";

type Account = RowOf<"accounts">;

export const lower = <T extends string>(text: T): T => text.toLowerCase() as T;

/** @returns an account's row; one that was never seen has nothing */
export function accountRow(rows: BlockRows, of: Address): Account {
  const address = lower(of);
  return (
    rows.find("accounts", address) ?? {
      address,
      free: 0n,
      locked: 0n,
      owed: 0n,
      unbonding: 0n,
      unbondingAt: null,
      delegate: null,
      heardBlock: null,
    }
  );
}

/**
 * Adds to an account's balances, all in units.
 * @throws FrobenError `ledger_negative` when a balance would fall below zero: then events are missing or misread
 */
export function credit(
  rows: BlockRows,
  of: Address,
  change: { free?: bigint; locked?: bigint; owed?: bigint; unbonding?: bigint },
): void {
  const next: Account = { ...accountRow(rows, of) };
  for (const field of ["free", "locked", "owed", "unbonding"] as const) {
    next[field] += change[field] ?? 0n;
    if (next[field] < 0n)
      throw new FrobenError(
        "ledger_negative",
        `the ${field} units of ${next.address} fell below zero`,
        {
          field,
          value: next[field].toString(),
          hint: "the chain's events don't add up: check the market's address and the first block",
        },
      );
  }
  rows.put("accounts", next);
}

/** Notes that an operator was heard of. */
export const heard = (rows: BlockRows, of: Address, block: number): void =>
  rows.patch("accounts", accountRow(rows, of), { heardBlock: block });

/** Moves free stake under lock. @throws FrobenError `ledger_negative` */
export const lock = (rows: BlockRows, of: Address, amount: bigint): void =>
  credit(rows, of, { free: -amount, locked: amount });

/** Ends a lock: `back` units are free again, `gone` units leave the account. @throws FrobenError `ledger_negative` */
export const unlock = (rows: BlockRows, of: Address, back: bigint, gone = 0n): void =>
  credit(rows, of, { locked: -back - gone, free: back });

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

/** Changes some fields of a workflow's row. @throws FrobenError `ledger_unknown` */
export function patchWorkflow(
  rows: BlockRows,
  workflow: number,
  change: (row: RowOf<"workflows">) => Partial<RowOf<"workflows">>,
): void {
  const row = workflowRow(rows, workflow);
  rows.patch("workflows", row, change(row));
}

/** Takes units out of a workflow's escrow; negative: gives them back. @throws FrobenError `ledger_unknown` */
export const spend = (rows: BlockRows, workflow: number, amount: bigint): void =>
  patchWorkflow(rows, workflow, (row) => ({ spent: row.spent + amount }));
