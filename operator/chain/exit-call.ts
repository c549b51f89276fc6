/** Who calls it: the chain loop. Calldata of what gives a claim, or a part of it, back. */
import { encodeFunctionData, type Address, type Hex } from "viem";
import { marketAbi } from "../../protocol/abi";
import { ticketStruct, unpackTicket } from "../../protocol/ticket";
import type { PlannedExit } from "../plan/plan-types";

/** @param operator whose claim it is */
export function exitCall(
  operator: Address,
  { kind, slot, ticket, subMask, signature, commitments }: PlannedExit,
): Hex {
  const part = subMask === unpackTicket(ticket).mask ? 0n : subMask;
  const what = [operator, slot, ticketStruct(ticket)] as const;
  const abi = marketAbi;
  switch (kind) {
    case "expire":
      return encodeFunctionData({ abi, functionName: "expire", args: what });
    case "release": {
      const args = [...what, part, signature!] as const;
      return encodeFunctionData({ abi, functionName: "release", args });
    }
    case "concede": {
      const args = [...what, part, commitments!] as const;
      return encodeFunctionData({ abi, functionName: "concede", args });
    }
  }
}
