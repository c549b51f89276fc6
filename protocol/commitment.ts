import { keccak256, toHex, type Address, type Hex } from "viem";
import { LIMITS } from "./limits";
import { addressWord, bytes32Word, keccakOf, uintWord } from "./words";

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
  const place = uintWord(c.chainId, 256) + addressWord(c.market);
  const attempt = uintWord(c.workflow, 48) + uintWord(c.task, 32) + uintWord(c.attempt, 16);
  const result = bytes32Word(c.root) + bytes32Word(c.resultDigest);
  return keccakOf(
    bytes32Word(COMMITMENT_TYPEHASH) + place + attempt + addressWord(c.operator) + result,
  );
}

function chunksOf(commitments: Hex[]): Hex[][] {
  const chunks: Hex[][] = [];
  for (let i = 0; i < commitments.length; i += LIMITS.chunkSize)
    chunks.push(commitments.slice(i, i + LIMITS.chunkSize));
  return chunks;
}

const chunkHash = (chunk: Hex[]): Hex => keccakOf(chunk.map(bytes32Word).join(""));

/** @returns the root of a batch: the hash of the hashes of its chunks of 16 */
export function commitmentsRoot(commitments: Hex[]): Hex {
  return chunkHash(chunksOf(commitments).map(chunkHash));
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
