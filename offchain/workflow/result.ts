import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import {
  collectionSchema,
  isPlainResult,
  resultManifestSchema,
  type Collection,
} from "../../protocol/program";
import { LIMITS } from "../../protocol/limits";

/** What a task put out. */
export interface TaskOutputs {
  /** Artifact of each output. */
  outputs: Record<string, Digest>;
  /** Items of the outputs that are collections. */
  collections: Record<string, Digest[]>;
}

type Kinds = Record<string, "file" | "collection">;

const malformed = (message: string, details: object = {}) =>
  new FrobenError("result_malformed", message, { status: 422, ...details });

/** Manifests hold digests only; larger ones can't be of this protocol. */
const MAX_MANIFEST_BYTES = 80 * LIMITS.maxItems;

/**
 * Reads what a result artifact says about a task's outputs, and checks that all of it exists.
 * @param kinds outputs of the step
 * @throws FrobenError `result_malformed` when the result is not of the step's form, `result_incomplete` when an artifact is missing
 */
export async function readOutputs(
  kinds: Kinds,
  result: Digest,
  store: {
    has(digest: Digest): Promise<boolean>;
    size(digest: Digest): Promise<number>;
    read(digest: Digest): Promise<Uint8Array>;
  },
): Promise<TaskOutputs> {
  const need = async (digest: Digest) => {
    if (!(await store.has(digest)))
      throw new FrobenError("result_incomplete", "an artifact of the result is missing", {
        status: 422,
        value: digest,
      });
  };
  await need(result);
  const json = async (digest: Digest): Promise<unknown> => {
    await need(digest);
    const bytes = await store.size(digest);
    if (bytes > MAX_MANIFEST_BYTES)
      throw malformed("a manifest is too large", { limit: MAX_MANIFEST_BYTES, value: bytes });
    try {
      return JSON.parse(Buffer.from(await store.read(digest)).toString("utf8")) as unknown;
    } catch (cause) {
      throw malformed("a manifest is not JSON", { value: digest, cause });
    }
  };
  const names = Object.keys(kinds);
  if (isPlainResult(kinds)) return { outputs: { [names[0]!]: result }, collections: {} };
  const manifest = resultManifestSchema.safeParse(await json(result));
  if (!manifest.success) throw malformed("the result is no result manifest", { value: result });
  const { outputs } = manifest.data;
  const extra = Object.keys(outputs).find((name) => !kinds[name]);
  if (extra !== undefined) throw malformed("the result has an unknown output", { value: extra });
  const collections: Record<string, Digest[]> = {};
  for (const name of names) {
    const digest = outputs[name];
    if (digest === undefined) throw malformed("the result lacks an output", { value: name });
    if (kinds[name] === "file") await need(digest);
    else collections[name] = await readCollection(digest, json, need);
  }
  return { outputs, collections };
}

async function readCollection(
  digest: Digest,
  json: (digest: Digest) => Promise<unknown>,
  need: (digest: Digest) => Promise<void>,
): Promise<Collection["items"]> {
  const collection = collectionSchema.safeParse(await json(digest));
  if (!collection.success) throw malformed("an output is no collection", { value: digest });
  for (const item of new Set(collection.data.items)) await need(item);
  return collection.data.items;
}
