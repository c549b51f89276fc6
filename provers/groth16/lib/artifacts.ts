/** Where the packages of this prover lie, once `setup.ts` has installed them. */
import { join } from "node:path";
import { packagesInstalled } from "../../lib/installed-packages";

/** The folder that holds this prover's package.json. */
export const PROVER_FOLDER = join(__dirname, "..");

const PACKAGES = join(PROVER_FOLDER, "node_modules");

/** snarkjs's command line. It is GPL-3.0: it runs as a program of its own and is never imported. */
export const SNARKJS_CLI = join(PACKAGES, "snarkjs", "build", "cli.cjs");

/** Files of Semaphore's circuit for one depth, from its public ceremony. */
export interface CircuitArtifacts {
  /** Computes the witness. */
  wasm: string;
  /** Proving key. */
  zkey: string;
  /** Verification key, JSON. */
  vkey: string;
}

/** Paths of the artifacts of a depth from 1 to 32. */
export function circuitArtifacts(depth: number): CircuitArtifacts {
  const base = join(PACKAGES, "@zk-kit", "semaphore-artifacts", `semaphore-${depth}`);
  return { wasm: `${base}.wasm`, zkey: `${base}.zkey`, vkey: `${base}.json` };
}

/** @throws Error saying what to run, when the packages are missing or of another lock file. */
export async function requireSetup(): Promise<void> {
  if (await packagesInstalled(PROVER_FOLDER)) return;
  throw new Error("packages are missing: run `node --import tsx provers/groth16/setup.ts` first");
}
