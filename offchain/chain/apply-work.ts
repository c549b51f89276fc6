import type { Address, Hex } from "viem";
import { FrobenError } from "../../protocol/errors";
import { maskOf, tasksOf, unpackTicket, withMask, type Ticket } from "../../protocol/ticket";
import type { BatchState, PayState } from "../db/schema/chain";
import { credit, lower, workflowRow, type EventPlace } from "./apply-money";
import type { BlockRows } from "./block-rows";
import type { RowOf } from "./chain-statements";
import type { MarketEvent } from "./market-event";

type Batch = RowOf<"batches">;
type Args<N extends MarketEvent["name"]> = Extract<MarketEvent, { name: N }>["args"];

function batchRow(rows: BlockRows, operator: Address, slot: bigint): Batch {
  const row = rows.find("batches", lower(operator), slot.toString());
  if (!row)
    throw new FrobenError("ledger_unknown", `slot ${slot} of ${operator} was never claimed`, {
      field: "slot",
      hint: "start from the block of the market's deployment",
    });
  return row;
}

function putBatch(
  rows: BlockRows,
  at: EventPlace,
  operator: Address,
  slot: bigint,
  ticket: Ticket,
  now: { state: BatchState; maturesAt: number | null; commitments: Hex[] },
): Batch {
  const { mask, ...claim } = unpackTicket(ticket);
  const row: Batch = {
    ...claim,
    ...now,
    operator: lower(operator),
    slot: slot.toString(),
    mask,
    root: lower(claim.root),
    head: ticket.head,
    tail: ticket.tail,
    struck: [],
    block: at.block,
  };
  rows.put("batches", row);
  return row;
}

/** Takes tasks out of a claim; a claim without tasks leaves its slot empty. */
function shrink(rows: BlockRows, batch: Batch, gone: bigint): void {
  const mask = batch.mask & ~gone;
  const { tail } = withMask(batch, mask);
  rows.patch("batches", batch, { mask, tail, state: mask === 0n ? "empty" : batch.state });
}

const ofMask = (batch: Batch, mask: bigint) => tasksOf(batch.word, mask);

/** Changes the pay state of those tasks whose newest claim still is this one. */
function mark(
  rows: BlockRows,
  at: EventPlace,
  batch: Batch,
  tasks: number[],
  change: (task: RowOf<"tasks">) => Partial<RowOf<"tasks">>,
): void {
  for (const task of tasks) {
    const row = rows.find("tasks", batch.workflow, task);
    if (row?.operator !== batch.operator || row.attempt !== batch.attempt) continue;
    rows.patch("tasks", row, { ...change(row), block: at.block });
  }
}

function spend(rows: BlockRows, workflow: number, amount: bigint): void {
  const row = workflowRow(rows, workflow);
  rows.patch("workflows", row, { spent: row.spent + amount });
}

function claimed(rows: BlockRows, at: EventPlace, args: Args<"Claimed">): void {
  const batch = putBatch(rows, at, args.operator, args.slot, args.ticket, {
    state: "claimed",
    maturesAt: null,
    commitments: [],
  });
  const tasks = ofMask(batch, batch.mask);
  const bond = batch.bond * BigInt(tasks.length);
  credit(rows, batch.operator, { free: -bond, locked: bond });
  spend(rows, batch.workflow, batch.price * BigInt(tasks.length));
  for (const task of tasks)
    rows.put("tasks", {
      workflow: batch.workflow,
      task,
      operator: batch.operator,
      slot: batch.slot,
      step: batch.step,
      attempt: batch.attempt,
      pay: "claimed",
      root: batch.root,
      deadline: batch.deadline,
      commitment: null,
      maturesAt: null,
      block: at.block,
    });
}

function committed(rows: BlockRows, at: EventPlace, args: Args<"Committed">): void {
  const part = unpackTicket(args.ticket).mask;
  if (args.fromSlot !== args.slot) shrink(rows, batchRow(rows, args.operator, args.fromSlot), part);
  const commitments = args.commitments.map(lower);
  const batch = putBatch(rows, at, args.operator, args.slot, args.ticket, {
    state: "committed",
    maturesAt: args.maturesAt,
    commitments,
  });
  const tasks = ofMask(batch, part);
  mark(rows, at, batch, tasks, (row) => ({
    pay: "committed",
    slot: batch.slot,
    maturesAt: args.maturesAt,
    commitment: commitments[tasks.indexOf(row.task)]!,
  }));
}

function settled(rows: BlockRows, at: EventPlace, args: Args<"Settled">): void {
  const batch = batchRow(rows, args.operator, args.slot);
  rows.patch("batches", batch, { state: "credited" });
  credit(rows, batch.operator, { locked: -args.bond, free: args.bond, owed: args.pay });
  const paid = ofMask(batch, batch.mask & ~maskOf(batch.struck));
  mark(rows, at, batch, paid, () => ({ pay: "settled" }));
}

function finalAccepted(rows: BlockRows, at: EventPlace, args: Args<"FinalAccepted">): void {
  const batch = batchRow(rows, args.operator, args.slot);
  rows.patch("batches", batch, { state: "credited" });
  credit(rows, batch.operator, { locked: -args.bond, free: args.bond, owed: args.pay });
  mark(rows, at, batch, [args.task], () => ({ pay: "settled" }));
  // Also a cancelled workflow has its proof then, though it stays cancelled.
  rows.patch("workflows", workflowRow(rows, args.workflow), {
    completionTx: at.tx,
    statementDigest: lower(args.statementDigest),
  });
}

/** Ends tasks of a live claim: their bonds are unlocked less `penalty`, their price returns to the escrow. */
function endClaim(
  rows: BlockRows,
  at: EventPlace,
  args: { operator: Address; slot: bigint; mask: bigint },
  pay: PayState,
  penalty: bigint,
): void {
  const batch = batchRow(rows, args.operator, args.slot);
  const tasks = ofMask(batch, args.mask);
  const bond = batch.bond * BigInt(tasks.length);
  shrink(rows, batch, args.mask);
  credit(rows, batch.operator, { locked: -bond, free: bond - penalty });
  spend(rows, batch.workflow, -batch.price * BigInt(tasks.length));
  mark(rows, at, batch, tasks, () => ({ pay }));
}

function struck(rows: BlockRows, at: EventPlace, args: Args<"Struck">): void {
  const batch = batchRow(rows, args.operator, args.slot);
  rows.patch("batches", batch, { struck: [...batch.struck, args.task] });
  credit(rows, batch.operator, { locked: -args.bond });
  credit(rows, args.challenger, { owed: args.toChallenger });
  credit(rows, workflowRow(rows, batch.workflow).requester, { owed: args.toRequester });
  spend(rows, batch.workflow, -batch.price);
  mark(rows, at, batch, [args.task], () => ({ pay: "struck" }));
}

/**
 * Applies an event about claims and commitments.
 * @param conceded whether the transaction of a `Released` also conceded the same slot
 * @returns whether it was one
 */
export function applyWork(
  rows: BlockRows,
  at: EventPlace,
  event: MarketEvent,
  conceded: boolean,
): boolean {
  switch (event.name) {
    case "Claimed":
      claimed(rows, at, event.args);
      return true;
    case "Committed":
      committed(rows, at, event.args);
      return true;
    case "Settled":
      settled(rows, at, event.args);
      return true;
    case "FinalAccepted":
      finalAccepted(rows, at, event.args);
      return true;
    case "Released":
      endClaim(rows, at, event.args, conceded ? "conceded" : "released", 0n);
      return true;
    case "Expired":
      endClaim(rows, at, event.args, "expired", event.args.penalty);
      credit(rows, event.args.by, { owed: event.args.gasRefund });
      return true;
    case "Struck":
      struck(rows, at, event.args);
      return true;
    case "Conceded": // its tasks are in the Released beside it
      return true;
    default:
      return false;
  }
}
