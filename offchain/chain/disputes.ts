import type { Address, Hex } from "viem";
import { attemptOfKey } from "../../protocol/dispute-key";
import { FrobenError } from "../../protocol/errors";
import { maskOf } from "../../protocol/ticket";
import type { DisputePhase } from "../db/schema/chain";
import { lock, lower, spend } from "./balances";
import { batchRow, mark, shrink, type Batch } from "./batches";
import type { BlockRows } from "./block-rows";
import type { RowOf } from "./chain-statements";
import type { EventPlace } from "./handlers";

export type Dispute = RowOf<"disputes">;

/** @returns the dispute, if the task ever was in one */
export const findDispute = (rows: BlockRows, key: Hex): Dispute | undefined =>
  rows.find("disputes", lower(key));

/** @throws FrobenError `ledger_unknown` when its beginning was never seen */
export function disputeRow(rows: BlockRows, key: Hex): Dispute {
  const row = findDispute(rows, key);
  if (!row)
    throw new FrobenError("ledger_unknown", `dispute ${key} began before the first block`, {
      field: "key",
      hint: "start from the block of the market's deployment",
    });
  return row;
}

export function patchDispute(
  rows: BlockRows,
  at: EventPlace,
  key: Hex,
  change: Partial<Dispute>,
): void {
  rows.patch("disputes", disputeRow(rows, key), { ...change, block: at.block });
}

/** Moves a task with its pay and bond out of its slot. A void task goes on being open to later attempts. */
export function moveOut(
  rows: BlockRows,
  at: EventPlace,
  { operator, slot, key }: { operator: Address; slot: number; key: Hex },
): void {
  const { workflow, task, attempt } = attemptOfKey(key);
  const batch = batchRow(rows, operator, slot);
  const isVoid = batch.voided.includes(task);
  leaveSlot(rows, batch, task);
  if (!isVoid) mark(rows, at, batch, [task], () => ({ pay: "disputed" }));
  rows.put("disputes", {
    key: lower(key),
    workflow,
    task,
    attempt,
    operator: batch.operator,
    slot,
    price: batch.price,
    bond: batch.bond,
    window: batch.window,
    isVoid,
    phase: "closed", // until the event that moved it out says more
    closesAt: null,
    drawBlock: null,
    caller: null,
    callerBond: 0n,
    jurors: [],
    votes: {},
    verdict: null,
    fees: 0n,
    block: at.block,
  });
}

/** Takes one task out of a claim, or out of a batch, which keeps its hash and counts what has left it. */
export function leaveSlot(rows: BlockRows, batch: Batch, task: number): void {
  if (batch.state === "claimed") return shrink(rows, batch, maskOf([task]));
  rows.patch("batches", batch, {
    removed: [...batch.removed, task],
    voided: batch.voided.filter((other) => other !== task),
  });
}

/** Locks the bond of whoever demands or calls a jury, out of its free stake. */
export function lockCall(
  rows: BlockRows,
  at: EventPlace,
  args: { key: Hex; caller: Address; bond: bigint },
  now: { phase: DisputePhase; closesAt: number | null; drawBlock: number | null },
): void {
  lock(rows, args.caller, args.bond);
  patchDispute(rows, at, args.key, {
    ...now,
    caller: lower(args.caller),
    callerBond: args.bond,
  });
}

/** A task's price returns to the escrow, unless it did when the task became void. */
export function givePriceBack(
  rows: BlockRows,
  of: Pick<Batch, "workflow" | "price">,
  isVoid: boolean,
): void {
  if (!isVoid) spend(rows, of.workflow, -of.price);
}
