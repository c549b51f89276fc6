import { getAddress, type Address, type Hex } from "viem";
import { commitmentHash } from "../../../protocol/commitment";
import { rootFromPath } from "../../../protocol/merkle";
import { placeText, type EventOf } from "../chain/market-event";
import { attemptKey } from "../replay/ledger";
import type { CallOf } from "./calls";
import { claimOf } from "./claim-of";
import { delegatesAt } from "./delegates";
import type { Scene } from "./scene";
import { isSignedBy } from "./signatures";

interface Receipt {
  resultDigest: Hex;
  path: readonly Hex[];
  signature: Hex;
}

export type ReceiptCall =
  CallOf<"strikeReceipt"> | CallOf<"strikeReceiptDisputed"> | CallOf<"strikeReceipts">;

function receiptsOf(call: ReceiptCall): readonly Receipt[] {
  switch (call.functionName) {
    case "strikeReceipt":
    case "strikeReceiptDisputed":
      return [call.args[3]];
    case "strikeReceipts":
      return [call.args[6], call.args[7]];
  }
}

/** Whether the operator, or somebody whose word counted as its own, signed for a commitment. */
async function isReceipt(
  scene: Scene,
  event: EventOf<"Struck">,
  commitment: Hex,
  { path, signature }: Receipt,
): Promise<boolean> {
  const operator = getAddress(event.args.operator);
  const message = { root: rootFromPath(commitment, [...path]) };
  const signers: Address[] = [operator, ...delegatesAt(scene, operator, event, true)];
  for (const signer of signers)
    if (await isSignedBy(scene, signer, { primaryType: "Receipts", message }, signature))
      return true;
  return false;
}

/** Re-opens a strike for two results of one attempt: receipts that differ, or one that differs from the commitment. */
export async function checkReceipts(
  scene: Scene,
  event: EventOf<"Struck">,
  call: ReceiptCall,
): Promise<void> {
  const check = scene.recorder.check("Every strike for two results shows both, signed");
  const where = placeText(event);
  const { workflow, task, attempt, operator } = event.args;
  const claim = claimOf(scene, event.args);
  if (!check.expect(claim !== undefined, "strike_without_claim", where, "nobody claimed the task"))
    return;
  const { root } = claim!;
  const receipts = receiptsOf(call);
  const { chainId, market } = scene;
  const bound = receipts.map(({ resultDigest }) =>
    commitmentHash({ chainId, market, workflow, task, attempt, operator, root, resultDigest }),
  );
  for (const [i, receipt] of receipts.entries())
    check.expect(
      await isReceipt(scene, event, bound[i]!, receipt),
      "receipt_signature",
      where,
      `the receipt for ${receipt.resultDigest} is not signed by ${operator}`,
    );
  const committed = scene.ledger.committed.get(attemptKey(workflow, task, attempt))?.commitment;
  const [one, other] = receipts.length === 1 ? [bound[0], committed] : bound;
  check.expect(
    one !== undefined && other !== undefined && one !== other,
    "receipts_agree",
    where,
    "both are of the same result, or there is no other",
  );
}
