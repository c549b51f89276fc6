/** Who calls it: the sync loop, for every renewal in an answer. */
import type { Renewal } from "../../protocol/http";
import { maskOf } from "../../protocol/ticket";
import { signedBy, type IntakeDeps } from "./intake";
import { refuse } from "./refuse";
import { MAX_TIME } from "./verify-assignment";

/**
 * Takes a ticket in place of a holding's: the same assignment, signed with a later `claimBy` for some of its tasks or all, because a
 * reorganisation took its claim back. Everything else is as it was accepted.
 * @throws FrobenError `assignment_...` when it is refused; `chain_unreachable` style errors of the client pass through
 */
export async function takeRenewal(
  deps: Pick<IntakeDeps, "chain" | "operator" | "holdings" | "facts">,
  renewal: Renewal,
): Promise<void> {
  const { holdings, facts } = deps;
  const { workflow, root, mask, claimBy, signature } = renewal;
  const holding = holdings.renewable(workflow, root);
  if (!holding) return refuse("unknown", "nothing of this assignment is held", "root");
  if (claimBy <= holding.signed.claimBy) return;
  if (claimBy > MAX_TIME) refuse("malformed", "not a time", "claimBy", { value: claimBy });
  const whole = maskOf(holding.tasks.map(({ task }) => task));
  if (BigInt(mask) === 0n || (BigInt(mask) & ~whole) !== 0n)
    refuse("malformed", "the mask names other tasks than the assignment", "mask", { value: mask });
  const signed = { ...holding.signed, mask, claimBy, signature, renewed: true as const };
  const [, coordinator] = await facts.workflowOf(workflow);
  if (!(await signedBy(deps, signed, coordinator)))
    refuse("wrong_signature", "the workflow's coordinator did not sign this", "signature");
  holdings.renew(holding, signed);
}
