/** Who calls it: operator.ts, once at the start. The programs that may run here: what is not in it is never run. */
import type { Digest } from "../../protocol/digest";
import { loadProgramList, manifestsAt } from "../../sdk/program-list";
import { loadProgram, type InstalledProgram } from "../../sdk/programs";

/**
 * Loads programs and names them by the digest of what is on this disk.
 * @param paths manifests, or folders that hold `*.program.json`: allowed as they are
 * @param list file of programs that are allowed by digest
 * @throws FrobenError `program_...`
 */
export async function loadAllowedPrograms(
  paths: string[],
  list: string,
): Promise<Map<Digest, InstalledProgram>> {
  const manifests = (await Promise.all(paths.map(manifestsAt))).flat();
  const programs = await Promise.all(manifests.map(loadProgram));
  programs.push(...(await loadProgramList(list)));
  return new Map(programs.map((program) => [program.digest, program]));
}
