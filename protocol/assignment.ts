import { encodeAbiParameters, type Hex } from "viem";
import { digestOf, toBytes32, type Bytes32, type Digest } from "./digest";
import { leafHash, merklePath, merkleRoot } from "./merkle";

/** One task's line under an assignment's root (struct Leaf). */
export interface Leaf {
  task: number;
  attempt: number;
  inputsDigest: Bytes32;
  statementDigest: Bytes32;
  decisionDigest: Bytes32;
}

const leafAbi = {
  type: "tuple",
  components: [
    { name: "task", type: "uint32" },
    { name: "attempt", type: "uint16" },
    { name: "inputsDigest", type: "bytes32" },
    { name: "statementDigest", type: "bytes32" },
    { name: "decisionDigest", type: "bytes32" },
  ],
} as const;

/**
 * Binds what a task runs: the program, its parameters and the digest of every input by name.
 * @param inputs digest of the artifact given as each input
 */
export function inputsDigest(
  program: Digest,
  params: Record<string, string>,
  inputs: Record<string, Digest>,
): Bytes32 {
  return toBytes32(digestOf({ program, params, inputs }));
}

export function assignmentLeafHash(leaf: Leaf): Hex {
  return leafHash(encodeAbiParameters([leafAbi], [leaf]));
}

/** @param leaves one for each task, by rising index @returns the root that the assignment signs */
export function assignmentRoot(leaves: Leaf[]): Hex {
  return merkleRoot(leaves.map(assignmentLeafHash));
}

/** @returns the path from leaf `position` to the assignment's root */
export function assignmentPath(leaves: Leaf[], position: number): Hex[] {
  return merklePath(leaves.map(assignmentLeafHash), position);
}
