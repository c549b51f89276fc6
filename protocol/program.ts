import { z } from "zod";
import { digestOf, digestSchema, type Digest } from "./digest";

/** What stands beside a program: which files make it up. Paths are relative to the manifest. */
export const programManifestSchema = z.strictObject({
  name: z.string().min(1).max(64),
  version: z.string().min(1).max(32),
  entry: z.string().min(1),
  files: z.array(z.string().min(1)).min(1).max(256),
});

export type ProgramManifest = z.infer<typeof programManifestSchema>;

/**
 * The digest that names a program: SHA-256 over its canonical manifest, each file replaced by its content's SHA-256.
 * @param files SHA-256 of each listed file, by path
 */
export function programDigest(manifest: ProgramManifest, files: Record<string, Digest>): Digest {
  return digestOf({ ...manifest, files });
}

/** Exit codes that a program speaks to whoever runs it. */
export const PROGRAM_EXIT = { ok: 0, failed: 1, usage: 2, inputRefused: 3 } as const;

/** One line of JSON on a program's standard output. */
export const progressSchema = z.object({
  progress: z.number().min(0).max(1),
  note: z.string().max(200).optional(),
});

/** What a validation program writes to its output `verdict`. */
export const verdictSchema = z.object({
  valid: z.boolean(),
  reason: z.string().max(1000).optional(),
});
export type Verdict = z.infer<typeof verdictSchema>;

/** An output that is a list: the bytes of its artifact are this, as canonical JSON. */
export const collectionSchema = z.strictObject({
  type: z.literal("collection"),
  items: z.array(digestSchema).max(65_536),
});
export type Collection = z.infer<typeof collectionSchema>;

/** The result of a task with several outputs, or with a collection: the bytes of its result artifact are this, as canonical JSON. */
export const resultManifestSchema = z.strictObject({
  type: z.literal("result"),
  outputs: z.record(z.string(), digestSchema),
});
export type ResultManifest = z.infer<typeof resultManifestSchema>;

/** Whether a task's result is its only output's bytes; otherwise it is a result manifest. */
export function isPlainResult(outputs: Record<string, "file" | "collection">): boolean {
  const kinds = Object.values(outputs);
  return kinds.length === 1 && kinds[0] === "file";
}
