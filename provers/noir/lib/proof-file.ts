/** Proofs of leaves and merges as files, and the statement that a batch proves. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { readJsonInput } from "../../lib/outputs";
import { InputRefused } from "../../lib/program-errors";
import { hexBytes, parseOrRefuse } from "./account";
import { FIELD_ORDER, type Hex } from "./field";

/** Bytes of a recursive proof without its public inputs: 410 field elements, whatever the circuit. */
const PROOF_BYTES = 410 * 32;

const field = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, "must be 0x and 64 lower-case digits")
  .refine((text) => BigInt(text) < FIELD_ORDER, "must be below the field's order")
  .transform((text) => text as Hex);

/** Public inputs of leaf and merge alike. */
const publicInputsSchema = z.tuple([field, field, field]);
export type PublicInputs = [mergeKeyHash: Hex, oldRoot: Hex, newRoot: Hex];

const proofSchema = z.strictObject({
  kind: z.enum(["leaf", "merge"]),
  publicInputs: publicInputsSchema,
  proof: hexBytes(PROOF_BYTES),
});

/** A recursive proof; `kind` says by which circuit. */
export interface ProofFile {
  kind: "leaf" | "merge";
  publicInputs: PublicInputs;
  proof: Buffer;
}

export function formatProof({ kind, publicInputs, proof }: ProofFile): string {
  return `${JSON.stringify({ kind, publicInputs, proof: `0x${proof.toString("hex")}` })}\n`;
}

/** Reads a proof. @throws InputRefused when the file is no proof */
export async function readProof(path: string, name: string): Promise<ProofFile> {
  return parseOrRefuse(proofSchema, await readJsonInput(path, name), name);
}

/** Reads a statement, abi.encode(bytes32 oldRoot, bytes32 newRoot). @throws InputRefused for another length */
export async function readStatement(path: string): Promise<{ oldRoot: Hex; newRoot: Hex }> {
  const bytes = await readFile(path);
  if (bytes.length !== 64)
    throw new InputRefused(`statement: has ${bytes.length} bytes, must have 64`);
  const hex = bytes.toString("hex");
  return { oldRoot: `0x${hex.slice(0, 64)}`, newRoot: `0x${hex.slice(64)}` };
}

const leafRootsSchema = z.object({ merge_vk_hash: field, old_root: field, new_root: field });

/** The public inputs that a leaf's input asks for. @throws InputRefused when it has none */
export function leafPublicInputs(leaf: unknown): PublicInputs {
  const { merge_vk_hash, old_root, new_root } = parseOrRefuse(leafRootsSchema, leaf, "leaf");
  return [merge_vk_hash, old_root, new_root];
}
