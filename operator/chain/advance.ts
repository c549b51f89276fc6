/** Who calls it: the chain loop. Turns a plan into one call of `advance`, leaving out parts that the chain refuses. */
import { encodeFunctionData, type Address, type Hex } from "viem";
import { marketAbi } from "../../protocol/abi";
import {
  encodeOperations,
  type ClaimOperation,
  type CommitOperation,
  type SettleOperation,
} from "../../protocol/operations";
import type { MarketChain } from "./clients";
import { revertReason } from "./revert-reason";

/** One part of a transaction, with what the caller wants to be told about it. */
export type Part =
  | { kind: "settle"; call: SettleOperation; label: string }
  | { kind: "commit"; call: CommitOperation; label: string }
  | { kind: "claim"; call: ClaimOperation; label: string; id: number };

export interface Refused {
  part: Part;
  /** The contract's error, by name where it has one. */
  reason: string;
}

/** Calldata of a call that runs some parts. */
export type EncodeParts = (parts: Part[]) => Hex;

/**
 * @param operator whose parts these are
 * @param sender who sends them: the operator, or its delegate
 * @returns how to make calldata of parts; the contract settles, commits and claims in this order
 */
export function encoderFor(operator: Address, sender: Address): EncodeParts {
  return (parts) => {
    const operations = encodeOperations({
      settles: parts.flatMap((part) => (part.kind === "settle" ? [part.call] : [])),
      commits: parts.flatMap((part) => (part.kind === "commit" ? [part.call] : [])),
      claims: parts.flatMap((part) => (part.kind === "claim" ? [part.call] : [])),
    });
    return operator === sender
      ? encodeFunctionData({ abi: marketAbi, functionName: "advance", args: [operations] })
      : encodeFunctionData({
          abi: marketAbi,
          functionName: "advanceFor",
          args: [operator, operations],
        });
  };
}

/** Whether a call would work now. @returns undefined, or why not */
export type TryCall = (data: Hex) => Promise<string | undefined>;

/** Asks the node with the state and the time of the block that comes next. */
export function tryCallOn({ client, market }: MarketChain, from: Address): TryCall {
  return async (data) => {
    try {
      await client.estimateGas({ account: from, to: market, data });
      return undefined;
    } catch (error) {
      const reason = revertReason(error);
      if (reason === undefined) throw error; // no fault of any part
      return reason;
    }
  };
}

/**
 * Finds the parts that work together. When all of them do, that takes one look; else each part is tried behind those
 * that were found to work, so that a bad part costs nothing but itself.
 * @param parts settles first, then commits, then claims
 */
export async function workingParts(
  parts: Part[],
  encode: EncodeParts,
  tryCall: TryCall,
): Promise<{ parts: Part[]; refused: Refused[] }> {
  if (parts.length === 0 || (await tryCall(encode(parts))) === undefined)
    return { parts, refused: [] };
  const good: Part[] = [];
  const refused: Refused[] = [];
  for (const part of parts) {
    const reason = await tryCall(encode([...good, part]));
    if (reason === undefined) good.push(part);
    else refused.push({ part, reason });
  }
  return { parts: good, refused };
}
