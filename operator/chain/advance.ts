/** Who calls it: the chain loop. Turns a plan into one call of `advance`, leaving out parts that the chain refuses. */
import { encodeFunctionData, type Address, type Hex } from "viem";
import { marketAbi } from "../../protocol/abi";
import type { Ticket } from "../../protocol/ticket";
import type { StepTerms } from "../../protocol/terms";
import type { TakeOver, assignmentStruct } from "../assignments/step-terms";
import type { MarketChain } from "./clients";
import { revertReason } from "./revert-reason";

export interface SettlePart {
  slot: bigint;
  ticket: Ticket;
  commitmentsRoot: Hex;
}

export interface CommitPart {
  slot: bigint;
  ticket: Ticket;
  subMask: bigint;
  partSlot: bigint;
  commitments: Hex[];
  acceptance: Hex;
}

export interface ClaimPart {
  slot: bigint;
  assignment: ReturnType<typeof assignmentStruct>;
  claimMask: bigint;
  signature: Hex;
  opening: { terms: StepTerms; path: Hex[] };
  takeOvers: TakeOver[];
}

/** One part of a transaction, with what the caller wants to be told about it. */
export type Part =
  | { kind: "settle"; call: SettlePart; label: string }
  | { kind: "commit"; call: CommitPart; label: string }
  | { kind: "claim"; call: ClaimPart; label: string; id: number };

export interface Refused {
  part: Part;
  /** The contract's error, by name where it has one. */
  reason: string;
}

/** Calldata of `advance` for some parts; the contract settles, commits and claims in this order. */
export function encodeAdvance(parts: Part[]): Hex {
  const settles = parts.flatMap((part) => (part.kind === "settle" ? [part.call] : []));
  const commits = parts.flatMap((part) => (part.kind === "commit" ? [part.call] : []));
  const claims = parts.flatMap((part) => (part.kind === "claim" ? [part.call] : []));
  return encodeFunctionData({
    abi: marketAbi,
    functionName: "advance",
    args: [settles, commits, claims],
  });
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
  tryCall: TryCall,
): Promise<{ parts: Part[]; refused: Refused[] }> {
  if (parts.length === 0 || (await tryCall(encodeAdvance(parts))) === undefined)
    return { parts, refused: [] };
  const good: Part[] = [];
  const refused: Refused[] = [];
  for (const part of parts) {
    const reason = await tryCall(encodeAdvance([...good, part]));
    if (reason === undefined) good.push(part);
    else refused.push({ part, reason });
  }
  return { parts: good, refused };
}
