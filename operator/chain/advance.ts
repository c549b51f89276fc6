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

/** What a node says of a call: the gas that it would take now, or why it would not work. */
export type Tried = { gas: bigint } | { reason: string };

/** Whether a call would work now. */
export type TryCall = (data: Hex) => Promise<Tried>;

/** Asks the node with the state and the time of the block that comes next. */
export function tryCallOn({ client, market }: MarketChain, from: Address): TryCall {
  return async (data) => {
    try {
      return { gas: await client.estimateGas({ account: from, to: market, data }) };
    } catch (error) {
      const reason = revertReason(error);
      if (reason === undefined) throw error; // no fault of any part
      return { reason };
    }
  };
}

/**
 * Finds the parts that work together. When all of them do, that takes one look; else each part is tried behind those
 * that were found to work, so that a bad part costs nothing but itself.
 * @param parts settles first, then commits, then claims
 * @returns those that work, with the gas that they take together, and the others
 */
export async function workingParts(
  parts: Part[],
  encode: EncodeParts,
  tryCall: TryCall,
): Promise<{ parts: Part[]; gas: bigint; refused: Refused[] }> {
  if (parts.length === 0) return { parts, gas: 0n, refused: [] };
  const all = await tryCall(encode(parts));
  if ("gas" in all) return { parts, gas: all.gas, refused: [] };
  const good: Part[] = [];
  const refused: Refused[] = [];
  let gas = 0n;
  for (const part of parts) {
    const tried = await tryCall(encode([...good, part]));
    if ("gas" in tried) {
      good.push(part);
      gas = tried.gas;
    } else refused.push({ part, reason: tried.reason });
  }
  return { parts: good, gas, refused };
}
