import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Digest } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import { programDigest, programManifestSchema } from "../../../protocol/program";

async function digestOfFile(path: string): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex");
}

/**
 * Loads the programs that this auditor has on its disk.
 * @param manifests paths of `<name>.program.json` files
 * @returns absolute path of each program's entry, by digest
 * @throws FrobenError `audit_program_invalid` naming the manifest
 */
export async function loadPrograms(manifests: readonly string[]): Promise<Map<Digest, string>> {
  const programs = new Map<Digest, string>();
  for (const path of manifests) {
    try {
      const manifest = programManifestSchema.parse(JSON.parse(await readFile(path, "utf8")));
      const folder = dirname(resolve(path));
      const files: Record<string, Digest> = {};
      for (const file of manifest.files) files[file] = await digestOfFile(resolve(folder, file));
      programs.set(programDigest(manifest, files), resolve(folder, manifest.entry));
    } catch (cause) {
      throw new FrobenError("audit_program_invalid", `${path} is no program that can be run`, {
        field: "programs",
        value: path,
        cause,
      });
    }
  }
  return programs;
}
