import type { Address, Hex } from "viem";
import type { SignedAssignment } from "../../protocol/http";
import { ticketHash, type Ticket } from "../../protocol/ticket";
import { signTyped } from "../../protocol/typed-hash";
import type { World } from "./world";

/** Signs an assignment for its operator. */
export function signAssignment(world: World, body: SignedAssignment): Promise<Hex> {
  return signTyped(world.deps.account, {
    domain: world.domain,
    primaryType: "Assignment",
    message: {
      workflow: body.workflow,
      step: body.step,
      operator: body.operator as Hex,
      attempt: body.attempt,
      word: body.word,
      mask: BigInt(body.mask),
      price: BigInt(body.price),
      claimBy: body.claimBy,
      root: body.root as Hex,
    },
  });
}

/** Signs that a part of a claim may be given back free of penalty. @param ticket of the part */
export function signRelease(world: World, operator: Address, ticket: Ticket): Promise<Hex> {
  return signTyped(world.deps.account, {
    domain: world.domain,
    primaryType: "Release",
    message: { operator, ticket: ticketHash(ticket) },
  });
}

/** Signs that the results behind a batch of commitments were accepted. @param ticket of the batch */
export function signAcceptance(
  world: World,
  operator: Address,
  ticket: Ticket,
  commitmentsRoot: Hex,
): Promise<Hex> {
  return signTyped(world.deps.account, {
    domain: world.domain,
    primaryType: "Acceptance",
    message: { operator, ticket: ticketHash(ticket), commitmentsRoot },
  });
}
