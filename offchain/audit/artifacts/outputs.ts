import type { Digest } from "../../../protocol/digest";
import { collectionSchema, isPlainResult, resultManifestSchema } from "../../../protocol/program";
import type { Step } from "../../../protocol/spec";
import type { ArtifactCache } from "./artifact-cache";

/** What one task put out, by the result artifact that it committed to. */
export interface Outputs {
  /** Artifact of each output; of a collection, the artifact that lists its items. */
  files: Record<string, Digest>;
  /** Items of the outputs that are collections. */
  items: Record<string, Digest[]>;
}

async function readJson(cache: ArtifactCache, digest: Digest): Promise<unknown> {
  const bytes = await cache.read(digest);
  try {
    return bytes && JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** @returns undefined when the result, or a list in it, is missing or not of the step's form */
export async function readOutputs(
  step: Step,
  result: Digest,
  cache: ArtifactCache,
): Promise<Outputs | undefined> {
  const names = Object.keys(step.outputs);
  if (isPlainResult(step.outputs)) return { files: { [names[0]!]: result }, items: {} };
  const manifest = resultManifestSchema.safeParse(await readJson(cache, result));
  if (!manifest.success) return undefined;
  const files = manifest.data.outputs;
  const items: Record<string, Digest[]> = {};
  for (const name of names) {
    if (files[name] === undefined) return undefined;
    if (step.outputs[name] === "file") continue;
    const collection = collectionSchema.safeParse(await readJson(cache, files[name]));
    if (!collection.success) return undefined;
    items[name] = collection.data.items;
  }
  return { files, items };
}
