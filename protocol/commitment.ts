import { concatHex, encodeAbiParameters, keccak256, toHex, type Address, type Hex } from "viem";
import { LIMITS } from "./limits";

const COMMITMENT_TYPEHASH = keccak256(
  toHex(
    "Commitment(uint256 chainId,address market,uint48 workflow,uint32 task,uint16 attempt,address operator,bytes32 root,bytes32 resultDigest)",
  ),
);

/** What a commitment binds. */
export interface CommitmentFields {
  chainId: number;
  market: Address;
  workflow: number;
  task: number;
  attempt: number;
  operator: Address;
  /** The assignment's root. */
  root: Hex;
  /** SHA-256 of the result. */
  resultDigest: Hex;
}

/** @returns the 32 bytes that an operator commits for one task */
export function commitmentHash(c: CommitmentFields): Hex {
  return keccak256(
    encodeAbiParameters(
      [
        { type: "bytes32" },
        { type: "uint256" },
        { type: "address" },
        { type: "uint48" },
        { type: "uint32" },
        { type: "uint16" },
        { type: "address" },
        { type: "bytes32" },
        { type: "bytes32" },
      ],
      [
        COMMITMENT_TYPEHASH,
        BigInt(c.chainId),
        c.market,
        c.workflow,
        c.task,
        c.attempt,
        c.operator,
        c.root,
        c.resultDigest,
      ],
    ),
  );
}

function chunksOf(commitments: Hex[]): Hex[][] {
  const chunks: Hex[][] = [];
  for (let i = 0; i < commitments.length; i += LIMITS.chunkSize)
    chunks.push(commitments.slice(i, i + LIMITS.chunkSize));
  return chunks;
}

const chunkHash = (chunk: Hex[]): Hex => keccak256(concatHex(chunk));

/** @returns the root of a batch: the hash of the hashes of its chunks of 16 */
export function commitmentsRoot(commitments: Hex[]): Hex {
  return keccak256(concatHex(chunksOf(commitments).map(chunkHash)));
}

/** Opens one commitment out of its batch (struct CommitmentOpening). */
export function openCommitment(commitments: Hex[], position: number) {
  const chunks = chunksOf(commitments);
  return {
    position: BigInt(position),
    chunk: chunks[Math.floor(position / LIMITS.chunkSize)]!,
    chunkHashes: chunks.map(chunkHash),
  };
}
