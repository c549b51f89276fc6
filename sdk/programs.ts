import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Digest } from "../protocol/digest";
import { FrobenError } from "../protocol/errors";
import { programDigest, programManifestSchema, type ProgramManifest } from "../protocol/program";
import { programArgs } from "../protocol/typescript-loader";
import { schemaError } from "../protocol/validate-spec";

/** A program that lies on this machine's disk. */
export interface InstalledProgram {
  digest: Digest;
  name: string;
  version: string;
  /** Absolute path of the manifest. */
  manifest: string;
  /** What to execute, before the `--in`, `--out` and `--param` arguments. */
  command: string[];
}

async function sha256OfFile(path: string): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex");
}

async function readManifest(path: string): Promise<ProgramManifest> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new FrobenError("program_missing", `there is no program manifest ${path}`, {
      value: path,
      cause,
    });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FrobenError("program_invalid", `${path}: not JSON`, { value: path, cause });
  }
  const parsed = programManifestSchema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json, "program_invalid");
  return parsed.data;
}

/**
 * Reads a program's manifest and computes its digest from the files that it lists.
 * @param manifest path of a `<name>.program.json`
 * @throws FrobenError `program_missing`, `program_invalid`, `program_file_missing`
 */
export async function loadProgram(manifest: string): Promise<InstalledProgram> {
  const path = resolve(manifest);
  const description = await readManifest(path);
  const folder = dirname(path);
  const files: Record<string, Digest> = {};
  for (const file of description.files)
    files[file] = await sha256OfFile(resolve(folder, file)).catch((cause: unknown) => {
      throw new FrobenError("program_file_missing", `${description.name}: can't read ${file}`, {
        field: "files",
        value: file,
        cause,
      });
    });
  return {
    digest: programDigest(description, files),
    name: description.name,
    version: description.version,
    manifest: path,
    command: [
      process.execPath,
      ...programArgs(resolve(folder, description.entry), description.files),
    ],
  };
}

/** The programs found at some paths, by name. */
export class ProgramSet {
  constructor(readonly all: InstalledProgram[]) {}

  /** @param name such as "noir/prove" @throws FrobenError `program_unknown` */
  digest(name: string): Digest {
    const program = this.all.find((one) => one.name === name);
    if (!program)
      throw new FrobenError("program_unknown", `no program is called "${name}"`, {
        value: name,
        hint: `known: ${this.all.map((one) => one.name).join(", ") || "none"}`,
      });
    return program.digest;
  }
}

/**
 * Loads several programs.
 * @param manifests paths of manifests
 * @throws FrobenError as `loadProgram`
 */
export async function loadPrograms(manifests: string[]): Promise<ProgramSet> {
  return new ProgramSet(await Promise.all(manifests.map(loadProgram)));
}
