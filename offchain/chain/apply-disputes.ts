import { VERDICT } from "../../protocol/abi";
import { disputeKey } from "../../protocol/dispute-key";
import { credit, unlock, workflowRow } from "./balances";
import { batchRow, mark } from "./batches";
import type { BlockRows } from "./block-rows";
import { addTaskEvidence } from "./evidence";
import {
  disputeRow,
  findDispute,
  givePriceBack,
  leaveSlot,
  lockCall,
  moveOut,
  patchDispute,
} from "./disputes";
import type { EventPlace, Handlers } from "./handlers";
import type { EventArgs } from "./market-event";

/** A whole bond is gone: out of a dispute, a batch or, with two receipts, a claim. */
function struck(rows: BlockRows, at: EventPlace, args: EventArgs<"Struck">): void {
  const { workflow, task } = args;
  const dispute = findDispute(rows, disputeKey(args));
  if (dispute && dispute.phase !== "closed") {
    givePriceBack(rows, dispute, dispute.isVoid);
    patchDispute(rows, at, dispute.key, { phase: "closed" });
    mark(rows, at, dispute, [task], () => ({ pay: "struck" }));
  } else {
    const batch = batchRow(rows, args.operator, args.slot);
    givePriceBack(rows, batch, batch.voided.includes(task));
    leaveSlot(rows, batch, task);
    mark(rows, at, batch, [task], () => ({ pay: "struck" }));
  }
  addTaskEvidence(rows, at, args, "invalid");
  unlock(rows, args.operator, 0n, args.bond);
  credit(rows, args.challenger, { owed: args.toChallenger });
  credit(rows, workflowRow(rows, workflow).requester, { owed: args.toRequester });
}

/** Unpaid, in its batch or in dispute; the bond stays there. The compensation comes out of what burned with the culprit's strike. */
function voided(rows: BlockRows, at: EventPlace, args: EventArgs<"Voided">): void {
  const { operator, task } = args;
  const dispute = findDispute(rows, disputeKey(args));
  if (dispute) patchDispute(rows, at, dispute.key, { isVoid: true });
  const batch = dispute ? undefined : batchRow(rows, operator, args.slot);
  if (batch) rows.patch("batches", batch, { voided: [...batch.voided, task] });
  const claim = (dispute ?? batch)!;
  givePriceBack(rows, claim, false);
  credit(rows, operator, { owed: args.compensation });
  mark(rows, at, claim, [task], () => ({ pay: "void" }));
}

function revealed(rows: BlockRows, at: EventPlace, args: EventArgs<"Revealed">): void {
  credit(rows, args.revealer, { owed: args.bond });
  patchDispute(rows, at, args.key, { phase: "revealed", closesAt: args.until });
}

/** What was spent of a caller's bond: credited by `Revealed` or `CaseClosed`, but for what an unfounded call owes the accused. */
function callEnded(rows: BlockRows, at: EventPlace, args: EventArgs<"CallEnded">): void {
  const { operator, caller, verdict, fees } = disputeRow(rows, args.key);
  unlock(rows, args.caller, args.back, args.spent);
  if (verdict === VERDICT.valid && caller !== operator)
    credit(rows, operator, { owed: args.spent - fees });
  patchDispute(rows, at, args.key, { callerBond: 0n });
}

function disputePaid(rows: BlockRows, at: EventPlace, args: EventArgs<"DisputePaid">): void {
  const dispute = disputeRow(rows, args.key);
  unlock(rows, dispute.operator, args.bond);
  credit(rows, dispute.operator, { owed: args.pay });
  patchDispute(rows, at, args.key, { phase: "closed" });
  if (dispute.isVoid) return;
  mark(rows, at, dispute, [dispute.task], () => ({ pay: "settled" }));
  addTaskEvidence(rows, at, dispute, "completed");
}

function disputeVoided(rows: BlockRows, at: EventPlace, args: EventArgs<"DisputeVoided">): void {
  const dispute = disputeRow(rows, args.key);
  unlock(rows, dispute.operator, args.bond);
  givePriceBack(rows, dispute, dispute.isVoid);
  patchDispute(rows, at, args.key, { phase: "closed" });
  mark(rows, at, dispute, [dispute.task], () => ({ pay: "void" }));
}

/** Strikes, void results, demands; how disputes end. */
export const DISPUTES = {
  Struck: struck,
  Voided: voided,
  Demanded(rows, at, args) {
    if (!findDispute(rows, args.key)) moveOut(rows, at, args);
    lockCall(rows, at, args, { phase: "demanded", closesAt: args.until, drawBlock: null });
  },
  Revealed: revealed,
  CallEnded: callEnded,
  DisputePaid: disputePaid,
  DisputeVoided: disputeVoided,
} satisfies Partial<Handlers>;
