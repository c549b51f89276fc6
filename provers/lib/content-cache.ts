/** A cache of folders named by what went into them, each there as a whole or not at all. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

type Ingredient = string | Uint8Array;

/** Digest of a list of byte strings; lengths are hashed too, so that no two lists run together alike. */
export function contentKey(ingredients: readonly Ingredient[]): string {
  const hash = createHash("sha256");
  for (const ingredient of ingredients) {
    const bytes = typeof ingredient === "string" ? Buffer.from(ingredient) : ingredient;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex").slice(0, 32);
}

/** Unfinished folders start with a dot, so that no finished one has such a name. */
const UNFINISHED = ".making-";

/**
 * The folder made from exactly these ingredients; makes it when it isn't there. Concurrent calls are
 * safe: they may both make it, and one of the results stays.
 *
 * @param root cache folder, created when missing
 * @param kind readable prefix of the folder's name
 * @param ingredients everything that determines the content
 * @param make fills a new folder; when it throws, nothing is kept
 */
export async function cachedFolder(
  root: string,
  kind: string,
  ingredients: readonly Ingredient[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(root, `${kind}-${contentKey(ingredients)}`);
  if (existsSync(folder)) return folder;
  await mkdir(root, { recursive: true });
  const unfinished = await mkdtemp(join(root, `${UNFINISHED}${kind}-`));
  try {
    await make(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Removes what killed runs left unfinished. Only for a caller that holds the cache's lock. */
export async function removeUnfinished(root: string): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const name of await readdir(root)) {
    if (name.startsWith(UNFINISHED)) await rm(join(root, name), { recursive: true, force: true });
  }
}
