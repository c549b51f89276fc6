import type { Address, Hex, TypedDataDomain } from "viem";

/** Every signed message carries chain id and contract address in its domain. */
export function marketDomain(chainId: number, market: Address): TypedDataDomain {
  return { name: "Froben", version: "1", chainId, verifyingContract: market };
}

/** EIP-712 types of all messages; the contract holds the first four. */
export const TYPES = {
  Assignment: [
    { name: "workflow", type: "uint48" },
    { name: "step", type: "uint8" },
    { name: "operator", type: "address" },
    { name: "attempt", type: "uint16" },
    { name: "word", type: "uint16" },
    { name: "mask", type: "uint192" },
    { name: "price", type: "uint64" },
    { name: "claimBy", type: "uint40" },
    { name: "root", type: "bytes32" },
  ],
  Acceptance: [
    { name: "operator", type: "address" },
    { name: "ticket", type: "bytes32" },
    { name: "commitmentsRoot", type: "bytes32" },
  ],
  Release: [
    { name: "operator", type: "address" },
    { name: "ticket", type: "bytes32" },
  ],
  /** An operator's word for results: the Merkle root over its commitments to them. */
  Receipts: [{ name: "root", type: "bytes32" }],
  Request: [
    { name: "account", type: "address" },
    { name: "method", type: "string" },
    { name: "path", type: "string" },
    { name: "bodyDigest", type: "bytes32" },
    { name: "timestamp", type: "uint64" },
    { name: "nonce", type: "bytes32" },
  ],
} as const;

export interface RequestMessage {
  /** For whom the request is made: who signs it, or an operator whose delegate that is. */
  account: Address;
  method: string;
  /** Path with query, as sent. */
  path: string;
  /** SHA-256 of the body; for an upload the artifact's own digest. */
  bodyDigest: Hex;
  /** Unix time, milliseconds. */
  timestamp: bigint;
  nonce: Hex;
}
