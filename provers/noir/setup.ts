/**
 * Makes everything that the Noir programs need, once per machine: packages, powers of tau, compiled
 * circuits, verification keys and the Solidity verifier. Run by hand, or call `ensureNoirSetup`.
 */
import { readFile, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Command, Option } from "commander";
import { removeUnfinished } from "../lib/content-cache";
import { withFileLock } from "../lib/file-lock";
import { ensurePackages } from "../lib/npm-install";
import { writeOutput } from "../lib/outputs";
import { compileCircuit, leafKeySource, makeKey } from "./lib/circuits";
import { cacheRoot, packageFolder } from "./lib/paths";
import { getPowers } from "./lib/powers-of-tau";
import { writeVerifierSource } from "./lib/solidity-verifier";
import { findToolchain, recordPath, type SetupKind, type Toolchain } from "./lib/toolchain";

export interface SetupOptions {
  /** Told what happens, for people. */
  onProgress?: (note: string) => void;
  /** Which powers of tau will do; "auto" prefers real ones and falls back to dev ones. */
  setup?: SetupKind | "auto";
}

/** bb.js brings 75 MB of executables for other platforms. */
async function removeOtherPlatforms(): Promise<void> {
  const { findBbBinary } = await import("@aztec/bb.js");
  const path = findBbBinary();
  if (!path) return;
  const platforms = dirname(dirname(path));
  for (const name of await readdir(platforms)) {
    if (name !== basename(dirname(path))) await rm(join(platforms, name), { recursive: true });
  }
}

async function make(
  wanted: SetupKind | "auto",
  onProgress: (note: string) => void,
): Promise<Toolchain> {
  onProgress("packages");
  const { installed } = await ensurePackages(packageFolder, onProgress);
  if (installed) await removeOtherPlatforms();
  await removeUnfinished(cacheRoot());
  onProgress("powers of tau");
  const powers = await getPowers(wanted, onProgress);
  onProgress("compiling the leaf circuit");
  const leafCircuit = await compileCircuit("leaf");
  onProgress("making the leaf's key");
  const leafKey = await makeKey(powers, "leaf", leafCircuit, "recursive");
  onProgress("compiling the merge circuit");
  const leafKeyHash = await readFile(join(leafKey, "vk_hash"));
  const mergeCircuit = await compileCircuit("merge", [leafKeySource(leafKeyHash)]);
  onProgress("making the merge's keys, for other circuits and for the EVM");
  const [mergeKey, evmKey] = await Promise.all([
    makeKey(powers, "merge", mergeCircuit, "recursive"),
    makeKey(powers, "merge", mergeCircuit, "evm"),
  ]);
  onProgress("writing the Solidity verifier");
  const verifier = await writeVerifierSource({ ...powers, evmKey });
  return { ...powers, leafCircuit, mergeCircuit, leafKey, mergeKey, evmKey, verifier };
}

const DEV_WARNING =
  "INSECURE dev setup: tau is known, so anyone can forge proofs; for local chains only";

/**
 * Makes sure that Noir is set up; does nothing when it is. Safe to call from several processes: one
 * makes it, the others wait.
 *
 * @returns where everything is
 * @throws Error when packages can't be installed, real powers are wanted and can't be had, or bb fails
 */
export async function ensureNoirSetup(options: SetupOptions = {}): Promise<Toolchain> {
  const { onProgress = () => undefined, setup = "auto" } = options;
  const present = async () => {
    const toolchain = await findToolchain();
    return toolchain && (setup === "auto" || setup === toolchain.setup) ? toolchain : undefined;
  };
  const makeOnce = async () => {
    const madeByOther = await present();
    if (madeByOther) return madeByOther;
    const toolchain = await make(setup, onProgress);
    await writeOutput(recordPath(), `${JSON.stringify(toolchain, null, 2)}\n`);
    return toolchain;
  };
  const toolchain =
    (await present()) ??
    (await withFileLock(join(cacheRoot(), "setup.lock"), makeOnce, () =>
      onProgress("waiting for another process that sets up Noir"),
    ));
  if (toolchain.setup === "dev") onProgress(DEV_WARNING);
  return toolchain;
}

async function main(): Promise<void> {
  const command = new Command("setup")
    .description("Makes everything that the Noir programs need, once per machine.")
    .addOption(
      new Option("--setup <kind>", "which powers of tau")
        .choices(["auto", "real", "dev"])
        .default("auto"),
    )
    .parse();
  const startedAt = Date.now();
  const seconds = () => ((Date.now() - startedAt) / 1_000).toFixed(1).padStart(6);
  await ensureNoirSetup({
    setup: command.opts<{ setup: SetupKind | "auto" }>().setup,
    onProgress: (note) => void process.stdout.write(`${seconds()} s  ${note}\n`),
  });
  process.stdout.write(`${seconds()} s  ready in ${cacheRoot()}\n`);
}

if (require.main === module) {
  main().then(
    // bb.js leaves a worker behind that would keep the process alive.
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`setup: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
}
