import type { Address, Hex, TypedDataDomain } from "viem";
import { commitmentHash } from "./commitment";
import { toBytes32, type Digest } from "./digest";
import { TYPES } from "./eip712";
import { merkleRoot } from "./merkle";

/** Whose results, and for which market. */
export interface ReceiptsPlace {
  chainId: number;
  market: Address;
  operator: Address;
}

/** A result as its receipt names it. */
export interface NamedResult {
  workflow: number;
  task: number;
  attempt: number;
  /** The assignment's root. */
  root: string;
  result: Digest;
}

/**
 * @returns the commitment to each result: the leaves of what an operator signs for them, in their order. A leaf's `merklePath` and the
 * signature are with the result's digest the contract's struct Receipt
 */
export function resultCommitments(place: ReceiptsPlace, results: readonly NamedResult[]): Hex[] {
  return results.map(({ workflow, task, attempt, root, result }) =>
    commitmentHash({
      ...place,
      workflow,
      task,
      attempt,
      root: root as Hex,
      resultDigest: toBytes32(result),
    }),
  );
}

/** What an operator signs for results that it reports together. @param commitments at least one */
export function receiptsToSign(domain: TypedDataDomain, commitments: Hex[]) {
  return {
    domain,
    types: TYPES,
    primaryType: "Receipts",
    message: { root: merkleRoot(commitments) },
  } as const;
}
