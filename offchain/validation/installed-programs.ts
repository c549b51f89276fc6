import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { programDigest, programManifestSchema, type ProgramManifest } from "../../protocol/program";
import { programArgs } from "../../protocol/typescript-loader";
import { schemaError } from "../../protocol/validate-spec";

/** A program of this machine. */
export interface InstalledProgram {
  name: string;
  /** What to execute, before the `--in`, `--out` and `--param` arguments. */
  command: string[];
}

const failed = (message: string, value: string, cause: unknown) =>
  new FrobenError("config_invalid", message, { field: "FROBEN_PROGRAMS", value, cause });

async function manifestsAt(path: string): Promise<string[]> {
  const info = await stat(path).catch((cause: unknown) => {
    throw failed("there is nothing at this path", path, cause);
  });
  if (!info.isDirectory()) return [path];
  const files = (await readdir(path)).filter((file) => file.endsWith(".program.json")).sort();
  return files.map((file) => join(path, file));
}

async function sha256OfFile(path: string): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex");
}

async function readManifest(path: string): Promise<ProgramManifest> {
  const json = await readFile(path, "utf8")
    .then((text) => JSON.parse(text) as unknown)
    .catch((cause: unknown) => {
      throw failed("not a program manifest", path, cause);
    });
  const parsed = programManifestSchema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json, "program_invalid");
  return parsed.data;
}

async function load(path: string): Promise<[Digest, InstalledProgram]> {
  const manifest = await readManifest(path);
  const folder = dirname(path);
  const files: Record<string, Digest> = {};
  for (const file of manifest.files)
    files[file] = await sha256OfFile(resolve(folder, file)).catch((cause: unknown) => {
      throw failed(`${manifest.name}: can't read ${file}`, path, cause);
    });
  const command = [
    process.execPath,
    ...programArgs(resolve(folder, manifest.entry), manifest.files),
  ];
  return [programDigest(manifest, files), { name: manifest.name, command }];
}

/**
 * Loads programs and names them by the digest of what is on this disk.
 * @param paths manifests, or folders that hold `*.program.json`
 * @throws FrobenError `config_invalid`, `program_invalid`
 */
export async function loadInstalledPrograms(
  paths: string[],
): Promise<Map<Digest, InstalledProgram>> {
  const manifests = (await Promise.all(paths.map(manifestsAt))).flat();
  return new Map(await Promise.all(manifests.map(load)));
}
