import type { Address } from "viem";
import { decodeFacts, type LoggedCommit, type LoggedOperations } from "../../protocol/operations";
import type { Ticket } from "../../protocol/ticket";
import type { PayState } from "../db/schema/chain";
import { credit, heard, lock, lower, patchWorkflow, spend, unlock } from "./balances";
import { batchRow, mark, ofMask, partFields, shrink, ticketFields, type Batch } from "./batches";
import type { BlockRows } from "./block-rows";
import { addEvidence, lapseOf } from "./evidence";
import { nothing, type EventPlace, type Handlers } from "./handlers";
import type { EventArgs } from "./market-event";

function claimed(
  rows: BlockRows,
  at: EventPlace,
  of: Address,
  slot: number,
  ticket: Ticket,
  deadline: number,
): void {
  const operator = lower(of);
  const batch: Batch = {
    ...ticketFields(ticket),
    operator,
    slot,
    deadline,
    state: "claimed",
    maturesAt: null,
    commitments: [],
    removed: [],
    voided: [],
    block: at.block,
  };
  rows.put("batches", batch);
  const tasks = ofMask(batch, batch.mask);
  const count = BigInt(tasks.length);
  lock(rows, operator, batch.bond * count);
  spend(rows, batch.workflow, batch.price * count);
  const { workflow, step, attempt, root, block } = batch;
  for (const task of tasks)
    rows.put("tasks", {
      workflow,
      task,
      operator,
      slot,
      step,
      attempt,
      pay: "claimed",
      root,
      deadline,
      commitment: null,
      maturesAt: null,
      block,
    });
}

function committed(rows: BlockRows, at: EventPlace, operator: Address, commit: LoggedCommit): void {
  const { fromSlot, slot, subMask } = commit;
  const whole = batchRow(rows, operator, fromSlot);
  const mask = fromSlot === slot ? whole.mask : subMask;
  const commitments = commit.commitments.map(lower);
  const maturesAt = at.timestamp + whole.window;
  const batch: Batch = {
    ...whole,
    ...partFields(whole, mask),
    slot,
    state: "committed",
    maturesAt,
    commitments,
    block: at.block,
  };
  if (fromSlot !== slot) shrink(rows, whole, mask);
  rows.put("batches", batch);
  const tasks = ofMask(batch, mask);
  mark(rows, at, batch, tasks, ({ task }) => ({
    pay: "committed",
    slot,
    maturesAt,
    commitment: commitments[tasks.indexOf(task)]!,
  }));
}

function settled(rows: BlockRows, at: EventPlace, operator: Address, slot: number): void {
  const batch = batchRow(rows, operator, slot);
  const { removed, voided, price, bond } = batch;
  const bonded = ofMask(batch, batch.mask).filter((task) => !removed.includes(task));
  const paid = bonded.filter((task) => !voided.includes(task));
  rows.patch("batches", batch, { state: "credited" });
  unlock(rows, operator, bond * BigInt(bonded.length));
  credit(rows, operator, { owed: price * BigInt(paid.length) });
  mark(rows, at, batch, paid, () => ({ pay: "settled" }));
  addEvidence(rows, at, batch, "completed", paid.length);
}

const decoded = new WeakMap<EventArgs<"Advanced">, LoggedOperations>();

/** Decodes the facts of an event once, though both its workflows and its effects are asked for. */
function factsOf(args: EventArgs<"Advanced">): LoggedOperations {
  const facts = decoded.get(args) ?? decodeFacts(args.facts);
  decoded.set(args, facts);
  return facts;
}

/** The contract settles, then commits, then claims. */
function advanced(rows: BlockRows, at: EventPlace, args: EventArgs<"Advanced">): void {
  const { operator } = args;
  const { settles, commits, claims } = factsOf(args);
  heard(rows, operator, at.block);
  for (const slot of settles) settled(rows, at, operator, slot);
  for (const commit of commits) committed(rows, at, operator, commit);
  for (const { slot, ticket, claimTime } of claims)
    claimed(rows, at, operator, slot, ticket, at.timestamp + claimTime);
}

function finalAccepted(rows: BlockRows, at: EventPlace, args: EventArgs<"FinalAccepted">): void {
  const batch = batchRow(rows, args.operator, args.slot);
  rows.patch("batches", batch, { state: "credited" });
  heard(rows, batch.operator, at.block);
  addEvidence(rows, at, batch, "completed", 1);
  unlock(rows, batch.operator, args.bond);
  credit(rows, batch.operator, { owed: args.pay });
  mark(rows, at, batch, [args.task], () => ({ pay: "settled" }));
  // Also a cancelled workflow has its proof then, though it stays cancelled.
  patchWorkflow(rows, args.workflow, () => ({
    completionTx: at.tx,
    statementDigest: lower(args.statementDigest),
    resultDigest: lower(args.resultDigest),
  }));
}

/** Ends tasks of a claim: their bonds are unlocked less `penalty`, their price returns to the escrow. */
function endClaim(
  rows: BlockRows,
  at: EventPlace,
  args: { operator: Address; slot: number; mask: bigint; penalty: bigint },
  pay: PayState,
): void {
  const batch = batchRow(rows, args.operator, args.slot);
  const tasks = ofMask(batch, args.mask);
  const count = BigInt(tasks.length);
  shrink(rows, batch, args.mask);
  unlock(rows, batch.operator, batch.bond * count - args.penalty, args.penalty);
  spend(rows, batch.workflow, -batch.price * count);
  mark(rows, at, batch, tasks, () => ({ pay }));
}

/** Claims, commitments, settlement; how claims end without a result. */
export const WORK = {
  Advanced: advanced,
  FinalAccepted: finalAccepted,
  OpenClaimed(rows, at, { operator, slot, ticket, root, judgeHash, deadline }) {
    const { money, scope } = ticket;
    heard(rows, operator, at.block);
    claimed(rows, at, operator, slot, { money, scope, root, judgeHash }, deadline);
  },
  Released(rows, at, args) {
    heard(rows, args.operator, at.block);
    endClaim(rows, at, args, at.conceded ? "conceded" : "released");
  },
  Expired(rows, at, args) {
    const batch = batchRow(rows, args.operator, args.slot);
    addEvidence(rows, at, batch, lapseOf(rows, batch), ofMask(batch, args.mask).length);
    endClaim(rows, at, args, "expired");
    credit(rows, args.by, { owed: args.gasRefund });
  },
  Conceded: nothing, // its tasks are in the Released before it
} satisfies Partial<Handlers>;

/** @returns the workflows that operations are about, as of before they are applied */
export function workflowsOfFacts(rows: BlockRows, args: EventArgs<"Advanced">): number[] {
  const { settles, commits, claims } = factsOf(args);
  const slots = [...settles, ...commits.map(({ fromSlot }) => fromSlot)];
  return [
    ...slots.map((slot) => batchRow(rows, args.operator, slot).workflow),
    ...claims.map(({ assignment }) => assignment.workflow),
  ];
}
