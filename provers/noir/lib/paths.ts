/** Where this prover's packages and circuits are, and where it keeps what it makes from them. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { cacheFolder } from "../../lib/cache-folder";
import { contentKey } from "../../lib/content-cache";

/** Folder with this prover's package.json. */
export const packageFolder = resolve(__dirname, "..");

const circuitsFolder = resolve(packageFolder, "../../pipelines/rollup/circuits");

/** Sources of each circuit, relative to its folder. The merge circuit gets one more, made by the setup. */
const CIRCUIT_FILES = {
  leaf: [
    "Nargo.toml",
    "src/account.nr",
    "src/main.nr",
    "src/message.nr",
    "src/poseidon2.nr",
    "src/transfer.nr",
    "src/tree.nr",
  ],
  merge: ["Nargo.toml", "src/main.nr"],
} as const;

export type CircuitName = keyof typeof CIRCUIT_FILES;

/** Reads a circuit's sources: path inside the circuit's folder, and content. */
export function circuitSources(name: CircuitName): [path: string, content: string][] {
  return CIRCUIT_FILES[name].map((path) => [
    path,
    readFileSync(join(circuitsFolder, name, path), "utf8"),
  ]);
}

/** Root of everything that this prover caches. */
export const cacheRoot = () => cacheFolder("noir");

/** The lock file's bytes: they name the exact compiler and backend. */
export const packageLock = () => readFileSync(join(packageFolder, "package-lock.json"));

/** Digest of what determines a setup on this machine: packages and circuits. */
export function setupKey(): string {
  const circuits = [...circuitSources("leaf"), ...circuitSources("merge")].flat();
  return contentKey([packageLock(), process.platform, process.arch, ...circuits]);
}
