import { ensureGroth16Setup } from "../provers/groth16/setup";
import { ensureNoirSetup } from "../provers/noir/setup";
import { PIPELINES, type Pipeline } from "./profiles";

/** Installs and prepares what the pipelines need and this machine does not have yet; quick when nothing is missing. */
export async function setUpPipelines(
  pipelines: Pipeline[],
  onProgress: (line: string) => void,
): Promise<void> {
  if (pipelines.includes("membership")) await ensureGroth16Setup({ onProgress });
  if (pipelines.includes("rollup")) await ensureNoirSetup({ onProgress });
}

// `npm run setup [-- rollup|membership ...]`
if (require.main === module) {
  const named = process.argv
    .slice(2)
    .filter((name): name is Pipeline => (PIPELINES as readonly string[]).includes(name));
  setUpPipelines(named.length > 0 ? named : [...PIPELINES], (line) =>
    console.error(`froben: ${line}`),
  ).catch((error: unknown) => {
    console.error(`froben: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
