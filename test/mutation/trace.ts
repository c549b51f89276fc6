import { relative } from "node:path";
import { TASK_TEST_GET_TEST_FILES } from "hardhat/builtin-tasks/task-names";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import type { Traced } from "./messages";
import { loadedModules, runFile } from "./suite";

/** Runs every contract test against the unchanged contracts, and notes which contracts each file reads. */
export async function traceTests(hre: HardhatRuntimeEnvironment): Promise<Traced> {
  const { root } = hre.config.paths;
  const modules = new Set<string>();
  const traced: Traced = { files: [], failures: [], modules: [] };
  const original = hre.artifacts.readArtifact.bind(hre.artifacts);
  let reads = new Set<string>();
  hre.artifacts.readArtifact = async (name) => {
    const artifact = await original(name);
    reads.add(`${artifact.sourceName}:${artifact.contractName}`);
    return artifact;
  };
  for (const path of (await hre.run(TASK_TEST_GET_TEST_FILES, { testFiles: [] })) as string[]) {
    reads = new Set();
    const started = performance.now();
    const failure = await runFile(hre, path);
    const file = relative(root, path);
    if (failure) traced.failures.push({ ...failure, file });
    for (const module of loadedModules(root)) modules.add(relative(root, module));
    const ms = Math.round(performance.now() - started);
    traced.files.push({ path: file, reads: [...reads], ms });
  }
  hre.artifacts.readArtifact = original;
  return { ...traced, modules: [...modules].sort() };
}
