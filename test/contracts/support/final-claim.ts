import { sha256, type Hex } from "viem";
import { statementOf, type Account, type Claim, type OpenWorkflow, type World } from "./world";

/** The final task of the world's steps. */
export const FINAL_TASK = 492;

/** A live claim of the final task, in the first operator's slot 0. */
export async function finalClaim(w: World): Promise<{
  workflow: OpenWorkflow;
  operator: Account;
  claim: Claim;
  /** Of the statement, and of its right proof. */
  digest: Hex;
}> {
  const workflow = await w.open();
  const operator = w.operators[0]!;
  const claim = await w.claim(workflow, operator, [FINAL_TASK], { step: 2, price: 4_000n });
  return { workflow, operator, claim, digest: sha256(statementOf(workflow.id, FINAL_TASK)) };
}
