/** Installs the packages that only one prover needs, when that prover is first used. */
import { spawn } from "node:child_process";
import { basename, join } from "node:path";
import { withFileLock } from "./file-lock";
import { markInstalled, packagesInstalled } from "./installed-packages";

/** What `ensurePackages` found or did. */
export interface InstallResult {
  /** False when the packages were already those of the lock file. */
  installed: boolean;
  seconds: number;
}

/** How much of npm's output an error quotes, in characters. */
const OUTPUT_TAIL = 2_000;

function npmCi(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("npm", ["ci", "--prefix", folder, "--no-audit", "--no-fund"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const kill = () => void child.kill();
    process.once("exit", kill); // whoever stops this process stops npm too
    let tail = "";
    const keep = (chunk: Buffer) => (tail = (tail + chunk.toString()).slice(-OUTPUT_TAIL));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", (code) => {
      process.off("exit", kill);
      if (code === 0) resolve();
      else reject(new Error(`npm ci in ${folder} exited with ${code}:\n${tail}`));
    });
  });
}

/**
 * Makes sure that a folder's packages are installed exactly as its lock file says. Does nothing when they
 * are; safe to call from several processes at once: one installs, the others wait for it.
 *
 * @param folder absolute path of the folder with package.json and package-lock.json
 * @param onProgress told what happens, for people
 * @throws Error when npm fails; a later call starts over
 */
export async function ensurePackages(
  folder: string,
  onProgress: (note: string) => void = () => undefined,
): Promise<InstallResult> {
  const startedAt = Date.now();
  const seconds = () => (Date.now() - startedAt) / 1_000;
  if (await packagesInstalled(folder)) return { installed: false, seconds: seconds() };
  return withFileLock(join(folder, "node_modules.lock"), async () => {
    if (await packagesInstalled(folder)) return { installed: false, seconds: seconds() };
    onProgress(`installing the packages of ${basename(folder)}`);
    await npmCi(folder);
    // Last, so that an install that was cut short is done again.
    await markInstalled(folder);
    onProgress(`installed them in ${seconds().toFixed(1)} s`);
    return { installed: true, seconds: seconds() };
  });
}
