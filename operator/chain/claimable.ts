/** Who calls it: the chain loop, for each assignment that it wants to claim. Asks the chain whether the tasks are free. */
import type { Address } from "viem";
import { marketAbi, SLOT_STATE } from "../../protocol/abi";
import { claimsUntil } from "../../protocol/claims-until";
import type { SignedAssignment } from "../../protocol/http";
import type { TakeOver } from "../../protocol/operations";
import { placeOf } from "../../protocol/task-place";
import { maskOf, ticketHash, unpackTicket } from "../../protocol/ticket";
import { takeOversOf } from "../assignments/step-terms";
import type { MarketChain } from "./clients";
import type { MarketFacts } from "./market-facts";

export type Claimable =
  { claimable: true; takeOvers: TakeOver[] } | { claimable: false; reason: string; final: boolean };

/**
 * A task whose bit is clear is free. One whose bit is set is free once its retry is open, or if an expired claim that
 * this assignment names holds it.
 * @param mask tasks that are to be claimed
 * @param now Unix time of the chain, seconds
 * @returns which take-overs the claim needs; or why not, and whether that is final
 */
export async function claimable(
  { client, market, lateClaims }: Pick<MarketChain, "client" | "market" | "lateClaims">,
  facts: Pick<MarketFacts, "workflowOf" | "claimedOf">,
  signed: SignedAssignment,
  mask: bigint,
  now: number,
  operator: Address,
): Promise<Claimable> {
  const read = { address: market, abi: marketAbi } as const;
  const [workflow, claimed] = await Promise.all([
    facts.workflowOf(signed.workflow),
    facts.claimedOf(signed.workflow, signed.word),
  ]);
  const [, , status, , deadline, , , , endedAt] = workflow;
  if (now > claimsUntil({ status, deadline, endedAt }, lateClaims))
    return { claimable: false, reason: "the workflow takes no claims", final: true };
  if (now >= signed.claimBy)
    return { claimable: false, reason: "the time to claim is over", final: true };

  const takeOvers: TakeOver[] = [];
  let held = claimed & mask;
  for (const takeOver of held === 0n ? [] : takeOversOf(signed)) {
    const claim = unpackTicket(takeOver.ticket);
    const args = [takeOver.holder, takeOver.slot] as const;
    const [state, deadline, , , digest] = await client.readContract({
      ...read,
      functionName: "slotOf",
      args,
    });
    const stands = digest === BigInt(ticketHash(takeOver.ticket)) % (1n << 200n);
    if (state !== SLOT_STATE.claimed || !stands) continue; // ended some other way
    if (deadline > now)
      return { claimable: false, reason: "the earlier claim has not expired yet", final: false };
    // Its own late claim the operator ends by itself (see plan.ts); then the retry is open.
    if (takeOver.holder.toLowerCase() === operator.toLowerCase())
      return { claimable: false, reason: "an own claim has yet to expire", final: false };
    if ((claim.mask & held) === 0n) continue;
    takeOvers.push(takeOver);
    held &= ~claim.mask;
  }
  for (const { task, attempt } of signed.tasks) {
    if ((held & maskOf([task])) === 0n) continue;
    const args = [signed.workflow, task] as const;
    const [last, open] = await client.readContract({ ...read, functionName: "retryOf", args });
    if (!open || attempt <= last)
      return {
        claimable: false,
        reason: `task ${task} (bit ${placeOf(task).bit}) is still claimed`,
        final: false,
      };
  }
  return { claimable: true, takeOvers };
}
