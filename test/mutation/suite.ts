import { clearSnapshots } from "@nomicfoundation/hardhat-network-helpers/dist/src/loadFixture";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import Mocha from "mocha";
import { join, sep } from "node:path";

/** The first test that failed. */
export interface Failure {
  test: string;
  message: string;
}

/** Says nothing: the workers report. */
class Silent {}

/** Modules of the project that tests load, the mutation check's own apart. */
export function loadedModules(root: string): string[] {
  const own = join(root, "test", "mutation") + sep;
  return Object.keys(require.cache).filter(
    (path) =>
      path.startsWith(root + sep) &&
      !path.startsWith(own) &&
      !path.includes(`${sep}node_modules${sep}`),
  );
}

/** Makes the next test file start as in a new process: an empty chain, no module loaded, no fixture kept. */
export async function startAfresh(hre: HardhatRuntimeEnvironment): Promise<void> {
  for (const path of loadedModules(hre.config.paths.root)) delete require.cache[path];
  await clearSnapshots();
  (hre.artifacts as { clearCache?(): void }).clearCache?.();
  await hre.network.provider.request({ method: "hardhat_reset" });
}

/** Runs a test file up to its first failure. */
export async function runFile(
  hre: HardhatRuntimeEnvironment,
  file: string,
): Promise<Failure | undefined> {
  await startAfresh(hre);
  const mocha = new Mocha({ ...hre.config.mocha, bail: true, reporter: Silent as never });
  mocha.addFile(file);
  let failure: Failure | undefined;
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on("fail", (test, error) => {
      failure ??= { test: test.fullTitle(), message: String(error?.message ?? error) };
    });
  });
  mocha.dispose();
  return failure;
}
