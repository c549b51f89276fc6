/** Verifies proofs with bb and says in words what is wrong with one. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { verifyWithBb, type BbOptions } from "./bb";
import { targets, type Target } from "./circuits";
import { toHex, type Hex } from "./field";
import type { ProofFile, PublicInputs } from "./proof-file";
import { mergeKeyHash, type Toolchain } from "./toolchain";

export interface CheckOptions extends BbOptions {
  /** Private folder for files in between; the caller removes it. */
  folder: string;
}

/** Verifies raw bytes under a key. @returns what is wrong, or undefined when the proof is valid */
export async function checkBytes(
  toolchain: Toolchain,
  key: string,
  target: Target,
  { proof, publicInputs }: { proof: Uint8Array; publicInputs: readonly Hex[] },
  { folder, ...options }: CheckOptions,
): Promise<string | undefined> {
  const proofPath = join(folder, "checked-proof");
  const inputsPath = join(folder, "checked-public-inputs");
  await writeFile(proofPath, proof);
  await writeFile(
    inputsPath,
    Buffer.from(publicInputs.map((input) => input.slice(2)).join(""), "hex"),
  );
  const vk = join(key, "vk");
  return verifyWithBb(
    toolchain,
    ["verify", "-k", vk, "-p", proofPath, "-i", inputsPath, "-t", targets[target]],
    options,
  );
}

/**
 * Verifies a leaf's or a merge's proof, and that its first public input is what its kind demands.
 * @returns what is wrong, or undefined when the proof is valid
 */
export async function checkProof(
  toolchain: Toolchain,
  proof: ProofFile,
  options: CheckOptions,
): Promise<string | undefined> {
  const isMerge = proof.kind === "merge";
  const keyHash = isMerge ? mergeKeyHash(toolchain) : toHex(0n);
  if (proof.publicInputs[0] !== keyHash) {
    return `merge key hash is ${proof.publicInputs[0]}, must be ${keyHash}`;
  }
  const key = isMerge ? toolchain.mergeKey : toolchain.leafKey;
  return checkBytes(toolchain, key, "recursive", proof, options);
}

/** Compares public inputs with those that a task's inputs imply. @returns what differs, or undefined */
export function publicInputsMismatch(
  [, oldRoot, newRoot]: PublicInputs,
  expected: { oldRoot: Hex; newRoot: Hex },
): string | undefined {
  if (oldRoot !== expected.oldRoot) return `old root is ${oldRoot}, must be ${expected.oldRoot}`;
  if (newRoot !== expected.newRoot) return `new root is ${newRoot}, must be ${expected.newRoot}`;
  return undefined;
}
