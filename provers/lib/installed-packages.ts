/** Whether a prover's own packages are there; `npm-install.ts` installs them. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const markerPath = (folder: string) => join(folder, "node_modules", ".froben-installed");

async function wantedMarker(folder: string): Promise<string> {
  const lockFile = await readFile(join(folder, "package-lock.json"));
  return createHash("sha256").update(lockFile).digest("hex");
}

/**
 * Whether a folder's node_modules holds a finished install of its present package-lock.json.
 * @param folder holds package.json and package-lock.json
 */
export async function packagesInstalled(folder: string): Promise<boolean> {
  if (!existsSync(markerPath(folder))) return false;
  return (await readFile(markerPath(folder), "utf8")) === (await wantedMarker(folder));
}

/** Records that an install is finished; the last thing that an installer does. */
export async function markInstalled(folder: string): Promise<void> {
  await mkdir(join(folder, "node_modules"), { recursive: true });
  await writeFile(markerPath(folder), await wantedMarker(folder));
}
