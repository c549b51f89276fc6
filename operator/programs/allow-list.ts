/** Who calls it: operator.ts, once at the start. The programs that may run here: what is not in it is never run. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { FrobenError } from "../../protocol/errors";
import type { Digest } from "../../protocol/digest";
import { loadProgram, type InstalledProgram } from "../../sdk/programs";

async function manifestsAt(path: string): Promise<string[]> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new FrobenError("config_invalid", "there is nothing at this path", {
      field: "FROBEN_PROGRAMS",
      value: path,
      cause,
    });
  });
  if (!info.isDirectory()) return [path];
  const files = (await readdir(path)).filter((file) => file.endsWith(".program.json")).sort();
  return files.map((file) => join(path, file));
}

/**
 * Loads programs and names them by the digest of what is on this disk.
 * @param paths manifests, or folders that hold `*.program.json`
 * @throws FrobenError `config_invalid`, `program_...`
 */
export async function loadAllowedPrograms(paths: string[]): Promise<Map<Digest, InstalledProgram>> {
  const manifests = (await Promise.all(paths.map(manifestsAt))).flat();
  const programs = await Promise.all(manifests.map(loadProgram));
  return new Map(programs.map((program) => [program.digest, program]));
}
