/** Installs what the Groth16 programs need: snarkjs, and Semaphore's circuits and keys from npm. */
import { ensurePackages, type InstallResult } from "../lib/npm-install";
import { PROVER_FOLDER } from "./lib/artifacts";

/**
 * Makes the Groth16 programs runnable. Idempotent, and safe to call from several processes at once.
 * @param options.onProgress told what happens, for people
 * @throws Error when npm fails
 */
export function ensureGroth16Setup(
  options: { onProgress?: (note: string) => void } = {},
): Promise<InstallResult> {
  return ensurePackages(PROVER_FOLDER, options.onProgress);
}

if (require.main === module) {
  ensureGroth16Setup({ onProgress: console.log }).then(
    ({ installed }) => console.log(installed ? "ready" : "ready: nothing to do"),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    },
  );
}
