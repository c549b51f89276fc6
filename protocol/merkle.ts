import type { Hex } from "viem";
import { bytes32Word, keccakOf } from "./words";

// Commutative Merkle trees as OpenZeppelin's MerkleProof checks them: each pair is sorted before hashing, and a node
// without a sibling goes up unchanged. Leaves are hashed twice, so that no inner node passes for a leaf.

const hashPair = (a: Hex, b: Hex): Hex =>
  keccakOf(a < b ? bytes32Word(a) + bytes32Word(b) : bytes32Word(b) + bytes32Word(a));

function levelUp(level: Hex[]): Hex[] {
  const next: Hex[] = [];
  for (let i = 0; i < level.length; i += 2)
    next.push(i + 1 < level.length ? hashPair(level[i]!, level[i + 1]!) : level[i]!);
  return next;
}

/** @param encoded ABI encoding of the leaf */
export function leafHash(encoded: Hex): Hex {
  return keccakOf(keccakOf(encoded.slice(2)).slice(2));
}

/** @param leaves at least one leaf hash @returns the root */
export function merkleRoot(leaves: Hex[]): Hex {
  let level = leaves;
  while (level.length > 1) level = levelUp(level);
  return level[0]!;
}

/** @returns the sibling hashes from leaf `index` up to the root */
export function merklePath(leaves: Hex[], index: number): Hex[] {
  const path: Hex[] = [];
  for (let level = leaves; level.length > 1; level = levelUp(level), index >>= 1)
    path.push(...level.slice(index ^ 1, (index ^ 1) + 1));
  return path;
}

/** @returns the root that `path` leads to from `leaf` */
export function rootFromPath(leaf: Hex, path: Hex[]): Hex {
  return path.reduce(hashPair, leaf);
}

/** @returns whether `path` leads from `leaf` to `root` */
export function verifyMerklePath(leaf: Hex, path: Hex[], root: Hex): boolean {
  return rootFromPath(leaf, path) === root;
}
