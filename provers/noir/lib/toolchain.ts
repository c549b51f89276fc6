/** What the setup made, and where: programs read it and never make anything themselves. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packagesInstalled } from "../../lib/installed-packages";
import { cacheRoot, packageFolder, setupKey } from "./paths";

/** `real`: the powers of tau of a public ceremony. `dev`: tau is known, so anyone can forge. */
export type SetupKind = "real" | "dev";

/** Absolute paths of everything that proving needs. */
export interface Toolchain {
  setup: SetupKind;
  /** The bb executable. */
  bb: string;
  /** Folder with the powers of tau. */
  crs: string;
  /** Compiled circuits. */
  leafCircuit: string;
  mergeCircuit: string;
  /** Folders with `vk` and `vk_hash`. */
  leafKey: string;
  mergeKey: string;
  evmKey: string;
  /** Source of the Solidity verifier for `evmKey`. */
  verifier: string;
}

/** File that says where the present setup is. */
export const recordPath = () => join(cacheRoot(), `setup-${setupKey()}.json`);

/** The present setup, or undefined when there is none for these packages and circuits, or parts of it are gone. */
export async function findToolchain(): Promise<Toolchain | undefined> {
  if (!(await packagesInstalled(packageFolder)) || !existsSync(recordPath())) return undefined;
  const toolchain = JSON.parse(readFileSync(recordPath(), "utf8")) as Toolchain;
  const { setup: _, ...paths } = toolchain;
  return Object.values(paths).every((path) => existsSync(path)) ? toolchain : undefined;
}

/** The present setup. @throws Error with what to run when there is none */
export async function loadToolchain(): Promise<Toolchain> {
  const toolchain = await findToolchain();
  if (!toolchain) {
    throw new Error(`Noir is not set up in ${cacheRoot()}: run provers/noir/setup.ts first`);
  }
  return toolchain;
}

/** Hash of the merge circuit's recursive key, 0x and 64 digits: the first public input of every merge. */
export function mergeKeyHash(toolchain: Toolchain): `0x${string}` {
  return `0x${readFileSync(join(toolchain.mergeKey, "vk_hash")).toString("hex")}`;
}
