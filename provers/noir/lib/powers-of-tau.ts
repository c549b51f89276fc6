/** Finds, fetches or makes the powers of tau, and the bb that believes in them. */
import { existsSync, statSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { cachedFolder } from "../../lib/content-cache";
import { devG1, devG2 } from "./dev-powers";
import { cacheRoot, packageLock } from "./paths";
import type { SetupKind, Toolchain } from "./toolchain";

/** The merge circuit has between 2^20 and 2^21 gates; bb wants one point more than the power of two. */
const POINTS = 2 ** 21 + 1;

/** tau times the generator of G2 in the public ceremony that bb and its Solidity verifier hold as a constant: x0, x1, y0, y1. */
const REAL_G2 = Buffer.from(
  "0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0" +
    "260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1" +
    "22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55" +
    "04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4",
  "hex",
);

/** Where the real powers are published, and how long a machine without internet may keep us waiting, in milliseconds. */
const PUBLISHED_AT = "https://crs.aztec-cdn.foundation/g2.dat";
const REACHABLE_WITHIN_MS = 3_000;

type Powers = Pick<Toolchain, "setup" | "crs" | "bb">;

/** Whether a folder holds enough real powers, compressed or not. */
async function holdsRealPowers(folder: string): Promise<boolean> {
  const enough = (name: string, pointBytes: number) =>
    existsSync(join(folder, name)) && statSync(join(folder, name)).size >= POINTS * pointBytes;
  if (!enough("bn254_g1.dat", 64) && !enough("bn254_g1_compressed.dat", 32)) return false;
  const g2 = await readFile(join(folder, "bn254_g2.dat")).catch(() => Buffer.alloc(0));
  return g2.equals(REAL_G2);
}

async function isReachable(url: string): Promise<boolean> {
  return fetch(url, { method: "HEAD", signal: AbortSignal.timeout(REACHABLE_WITHIN_MS) })
    .then((response) => response.ok)
    .catch(() => false);
}

/** Path of the bb executable that npm installed for this platform. */
async function installedBb(): Promise<string> {
  const { findBbBinary } = await import("@aztec/bb.js");
  const path = findBbBinary();
  if (!path) throw new Error(`bb.js ships no bb for ${process.platform} ${process.arch}`);
  return path;
}

/** A folder of the machine that has the real powers already, or one of the cache, downloaded when there is internet. */
async function findRealPowers(onProgress: (note: string) => void): Promise<string | undefined> {
  for (const folder of [process.env.CRS_PATH, join(homedir(), ".bb-crs")]) {
    if (folder && (await holdsRealPowers(folder))) return folder;
  }
  if (!(await isReachable(PUBLISHED_AT))) return undefined;
  onProgress("downloading the real powers of tau (67 MB)");
  return cachedFolder(cacheRoot(), "crs-real", [REAL_G2], async (making) => {
    const { Crs } = await import("@aztec/bb.js");
    await Crs.new(POINTS, making);
    if (!(await holdsRealPowers(making)))
      throw new Error("the powers of tau that came are not the real ones");
  });
}

async function makeDevPowers(onProgress: (note: string) => void): Promise<string> {
  return cachedFolder(cacheRoot(), "crs-dev", ["tau=2", String(POINTS)], async (making) => {
    onProgress("making powers of tau with tau = 2: INSECURE, for local chains only");
    await writeFile(join(making, "bn254_g1.dat"), await devG1(POINTS));
    await writeFile(join(making, "bn254_g2.dat"), await devG2());
  });
}

/** A copy of bb that verifies under the dev powers: the constant of the ceremony is replaced. */
async function patchBb(devG2: Buffer): Promise<string> {
  if (process.platform !== "linux") {
    throw new Error(
      "the dev setup patches bb, which only Linux lets run afterwards; set up with internet access instead",
    );
  }
  const original = await readFile(await installedBb());
  const folder = await cachedFolder(
    cacheRoot(),
    "bb-dev",
    [packageLock(), devG2],
    async (making) => {
      const at = original.indexOf(REAL_G2);
      if (at < 0 || original.indexOf(REAL_G2, at + 1) >= 0)
        throw new Error("this bb is not the one that the patch is for");
      devG2.copy(original, at);
      await writeFile(join(making, "bb"), original);
      await chmod(join(making, "bb"), 0o755);
    },
  );
  return join(folder, "bb");
}

/**
 * Gets the powers of tau: the real ones when this machine has or can fetch them, else dev ones.
 * @param wanted "auto", or the only kind that will do
 * @throws Error when the real ones are wanted and can't be had
 */
export async function getPowers(
  wanted: SetupKind | "auto",
  onProgress: (note: string) => void,
): Promise<Powers> {
  const real = wanted === "dev" ? undefined : await findRealPowers(onProgress);
  if (real) return { setup: "real", crs: real, bb: await installedBb() };
  if (wanted === "real")
    throw new Error(`no real powers of tau here, and ${PUBLISHED_AT} can't be reached`);
  const crs = await makeDevPowers(onProgress);
  return { setup: "dev", crs, bb: await patchBb(await readFile(join(crs, "bn254_g2.dat"))) };
}

/** Puts the dev setup's point into the Solidity verifier. In the source each coordinate is a word of its own. */
export function patchVerifier(source: string, devG2: Uint8Array): string {
  const word = (bytes: Uint8Array, at: number) =>
    Buffer.from(bytes.subarray(at, at + 32)).toString("hex");
  return [0, 32, 64, 96].reduce((text, at) => {
    const parts = text.split(`0x${word(REAL_G2, at)}`);
    if (parts.length !== 2)
      throw new Error("this Solidity verifier is not the one that the patch is for");
    return parts.join(`0x${word(devG2, at)}`);
  }, source);
}
