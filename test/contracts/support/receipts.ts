import { sha256, toHex, type Address, type Hex } from "viem";
import { commitmentHash } from "../../../protocol/commitment";
import { merklePath, merkleRoot } from "../../../protocol/merkle";
import { judgeHash } from "../../../protocol/terms";
import { ticketStruct, unpackTicket } from "../../../protocol/ticket";
import { type Account, type Claim, type World } from "./world";

/** A result that is not the one that a batch commits. */
export const OTHER_RESULT: Hex = toHex("another result");

interface Receipt {
  resultDigest: Hex;
  path: Hex[];
  signature: string;
}

/**
 * An operator's receipt (struct Receipt), for a result of one task of its claim.
 * @param change what a test spoils; `before` and `after`: commitments that are signed with it
 */
export async function receipt(
  w: World,
  claim: Claim,
  task: number,
  result: Hex,
  change: {
    signer?: Account;
    root?: Hex;
    attempt?: number;
    operator?: string;
    before?: Hex[];
    after?: Hex[];
  } = {},
): Promise<Receipt> {
  const resultDigest = sha256(result);
  const { operator } = claim.offer;
  const commitment = commitmentHash({
    chainId: w.chainId,
    market: w.address,
    workflow: claim.offer.workflow.id,
    task,
    attempt: change.attempt ?? unpackTicket(claim.ticket).attempt,
    operator: (change.operator ?? operator.address) as Address,
    root: change.root ?? claim.ticket.root,
    resultDigest,
  });
  const { before = [], after = [] } = change;
  const leaves = [...before, commitment, ...after];
  const message = { root: merkleRoot(leaves) };
  const signature = await w.sign("Receipts", message, change.signer ?? operator);
  return { resultDigest, path: merklePath(leaves, before.length), signature };
}

const judgeHashOf = (claim: Claim): Hex =>
  judgeHash(claim.offer.workflow.steps[claim.offer.step]!.judge);

/** Arguments of `strikeReceipt`, each of which a test may spoil. */
export function batchArgs(
  w: World,
  batch: Claim,
  task: number,
  one: Receipt,
  change: Record<string, unknown> = {},
): unknown[] {
  const args = {
    batch: w.batchOpening(batch, w.tasksOf(batch).indexOf(task)),
    judgeHash: judgeHashOf(batch),
    task,
    receipt: one,
    ...change,
  };
  return Object.values(args);
}

/** Arguments of `strikeReceipts`. */
export function claimArgs(
  claim: Claim,
  task: number,
  [one, other]: [Receipt, Receipt],
  change: Record<string, unknown> = {},
): unknown[] {
  const args = {
    operator: claim.offer.operator.address,
    slot: claim.slot,
    ticket: ticketStruct(claim.ticket),
    root: claim.ticket.root,
    judgeHash: judgeHashOf(claim),
    task,
    one,
    other,
    ...change,
  };
  return Object.values(args);
}
