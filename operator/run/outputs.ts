/** Who calls it: the task runner, after a program ended well. Turns its output files into artifacts. */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson, type Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { LIMITS } from "../../protocol/limits";
import { isPlainResult, type Collection, type ResultManifest } from "../../protocol/program";
import type { ArtifactCache } from "../artifacts/cache";
import type { ExecuteRequest } from "./execute";

export interface CollectedResult {
  /** Digest of the task's result. */
  result: Digest;
  /** Everything to upload, the result itself last: it is only complete with what it names. */
  artifacts: Digest[];
}

const invalid = (name: string, message: string, details = {}) =>
  new FrobenError("run_output_invalid", message, { field: `outputs.${name}`, ...details });

/** A program could leave a link to a file of ours where its output should be. */
async function plainFile(cache: ArtifactCache, name: string, path: string): Promise<Digest> {
  const info = await lstat(path).catch(() => undefined);
  if (!info) throw invalid(name, "the program wrote no such output");
  if (!info.isFile()) throw invalid(name, "the output is not a plain file");
  return cache.putFile(path);
}

async function collection(
  cache: ArtifactCache,
  name: string,
  folder: string,
): Promise<{ digest: Digest; items: Digest[] }> {
  const info = await lstat(folder).catch(() => undefined);
  if (!info?.isDirectory()) throw invalid(name, "the output is not a folder");
  const files = (await readdir(folder)).sort();
  if (files.length > LIMITS.maxItems)
    throw invalid(name, "too many items", { limit: LIMITS.maxItems, value: files.length });
  const items: Digest[] = [];
  for (const [index, file] of files.entries()) {
    const expected = String(index).padStart(5, "0");
    if (file !== expected)
      throw invalid(name, "items must be named 00000, 00001, ...", {
        limit: expected,
        value: file,
      });
    items.push(await plainFile(cache, name, join(folder, file)));
  }
  const value: Collection = { type: "collection", items };
  return { digest: await cache.putBytes(Buffer.from(canonicalJson(value))), items };
}

/**
 * Stores a run's outputs in the cache.
 * @throws FrobenError `run_output_invalid`, `artifact_too_large`
 */
export async function collectOutputs(
  cache: ArtifactCache,
  outputs: ExecuteRequest["outputs"],
): Promise<CollectedResult> {
  const digests: Record<string, Digest> = {};
  const artifacts: Digest[] = [];
  for (const [name, { kind, path }] of Object.entries(outputs)) {
    if (kind === "file") digests[name] = await plainFile(cache, name, path);
    else {
      const { digest, items } = await collection(cache, name, path);
      artifacts.push(...items);
      digests[name] = digest;
    }
    artifacts.push(digests[name]);
  }
  const kinds = Object.fromEntries(Object.entries(outputs).map(([name, o]) => [name, o.kind]));
  if (isPlainResult(kinds)) return { result: artifacts[0]!, artifacts };
  const manifest: ResultManifest = { type: "result", outputs: digests };
  const result = await cache.putBytes(Buffer.from(canonicalJson(manifest)));
  return { result, artifacts: [...new Set([...artifacts, result])] };
}

/** @returns all artifacts that a stored result consists of, itself last: what `collectOutputs` returned, found again */
export async function artifactsOfResult(
  cache: Pick<ArtifactCache, "bytes">,
  outputs: Record<string, "file" | "collection">,
  result: Digest,
): Promise<Digest[]> {
  if (isPlainResult(outputs)) return [result];
  const manifest = JSON.parse(String(await cache.bytes(result))) as ResultManifest;
  const artifacts: Digest[] = [];
  for (const [name, digest] of Object.entries(manifest.outputs)) {
    if (outputs[name] === "collection")
      artifacts.push(...(JSON.parse(String(await cache.bytes(digest))) as Collection).items);
    artifacts.push(digest);
  }
  return [...new Set([...artifacts, result])];
}
