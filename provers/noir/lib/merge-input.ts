/** Inputs of the merge circuit. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { InputMap } from "@noir-lang/noir_js";
import { InputRefused } from "../../lib/program-errors";
import { toFields } from "./field";
import type { ProofFile, PublicInputs } from "./proof-file";
import { mergeKeyHash, type Toolchain } from "./toolchain";

async function childInput(toolchain: Toolchain, { kind, proof }: ProofFile) {
  const key = kind === "merge" ? toolchain.mergeKey : toolchain.leafKey;
  return {
    is_merge: kind === "merge",
    vk: toFields(await readFile(join(key, "vk"))),
    proof: toFields(proof),
  };
}

/** Public inputs of the merge of two proofs. @throws InputRefused when the right one doesn't start where the left one ends */
export function mergePublicInputs(
  toolchain: Toolchain,
  left: ProofFile,
  right: ProofFile,
): PublicInputs {
  const [, oldRoot, middleRoot] = left.publicInputs;
  const [, rightOldRoot, newRoot] = right.publicInputs;
  if (middleRoot !== rightOldRoot) {
    throw new InputRefused(`right: starts at root ${rightOldRoot}, left ends at ${middleRoot}`);
  }
  return [mergeKeyHash(toolchain), oldRoot, newRoot];
}

/** Input of the merge circuit for two proofs that follow each other. */
export async function mergeInput(
  toolchain: Toolchain,
  left: ProofFile,
  right: ProofFile,
): Promise<InputMap> {
  const [merge_vk_hash, old_root, new_root] = mergePublicInputs(toolchain, left, right);
  return {
    merge_vk_hash,
    old_root,
    new_root,
    middle_root: left.publicInputs[2],
    left: await childInput(toolchain, left),
    right: await childInput(toolchain, right),
  };
}
