import { readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { digestSchema, type Digest } from "../protocol/digest";
import { FrobenError } from "../protocol/errors";
import { schemaError } from "../protocol/validate-spec";
import { loadProgram, type InstalledProgram } from "./programs";

/** A program that an operator's owner has allowed, as it was then. */
const entrySchema = z.strictObject({
  digest: digestSchema,
  name: z.string().min(1),
  version: z.string().min(1),
  /** Absolute path. */
  manifest: z.string().min(1),
});
export type AllowedProgram = z.infer<typeof entrySchema>;

const listSchema = z.strictObject({ programs: z.array(entrySchema).max(10_000) });

/** Where an operator's allow-list lies. @param dataDir the operator's data folder */
export const programListPath = (dataDir: string): string => join(dataDir, "programs.json");

/**
 * @param path a manifest, or a folder that holds `*.program.json`
 * @returns the manifests' paths, sorted
 * @throws FrobenError `program_missing`
 */
export async function manifestsAt(path: string): Promise<string[]> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new FrobenError("program_missing", "there is nothing at this path", {
      value: path,
      cause,
    });
  });
  if (!info.isDirectory()) return [path];
  const files = (await readdir(path)).filter((file) => file.endsWith(".program.json")).sort();
  if (files.length === 0)
    throw new FrobenError("program_missing", "the folder holds no *.program.json", { value: path });
  return files.map((file) => join(path, file));
}

/**
 * @returns the allowed programs, none where there is no list
 * @throws FrobenError `program_list_invalid`
 */
export async function readProgramList(file: string): Promise<AllowedProgram[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return [];
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FrobenError("program_list_invalid", "not JSON", { value: file, cause });
  }
  const parsed = listSchema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json, "program_list_invalid");
  return parsed.data.programs;
}

async function write(file: string, programs: AllowedProgram[]): Promise<void> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const sorted = [...programs].sort((a, b) => a.name.localeCompare(b.name));
  await writeFile(`${file}.new`, `${JSON.stringify({ programs: sorted }, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/**
 * Allows programs as they lie on the disk now. One that was allowed from the same manifest before is replaced.
 * @param paths manifests, or folders of them
 * @returns what was added
 * @throws FrobenError `program_...`, and then nothing was changed
 */
export async function allowPrograms(file: string, paths: string[]): Promise<AllowedProgram[]> {
  const manifests = (await Promise.all(paths.map(manifestsAt))).flat();
  const loaded = await Promise.all(manifests.map(loadProgram));
  const added = loaded.map(({ digest, name, version, manifest }) => ({
    digest,
    name,
    version,
    manifest,
  }));
  const replaced = new Set(added.map(({ manifest }) => manifest));
  const kept = (await readProgramList(file)).filter(({ manifest }) => !replaced.has(manifest));
  await write(file, [...kept, ...added]);
  return added;
}

/**
 * Takes a program off the list.
 * @param which its digest, or its name
 * @returns what was removed
 * @throws FrobenError `program_unknown`
 */
export async function forbidProgram(file: string, which: string): Promise<AllowedProgram[]> {
  const programs = await readProgramList(file);
  const isIt = ({ digest, name }: AllowedProgram) => digest === which || name === which;
  const removed = programs.filter(isIt);
  if (removed.length === 0)
    throw new FrobenError("program_unknown", "the list has no such program", {
      value: which,
      hint: `it has: ${programs.map(({ name }) => name).join(", ") || "none"}`,
    });
  await write(
    file,
    programs.filter((one) => !isIt(one)),
  );
  return removed;
}

/**
 * Loads the programs of a list.
 * @throws FrobenError `program_changed` when what is on the disk is not what was allowed
 */
export async function loadProgramList(file: string): Promise<InstalledProgram[]> {
  const allowed = await readProgramList(file);
  return Promise.all(
    allowed.map(async ({ digest, manifest }: { digest: Digest; manifest: string }) => {
      const program = await loadProgram(manifest);
      if (program.digest !== digest)
        throw new FrobenError("program_changed", `${program.name} is not what was allowed`, {
          field: manifest,
          limit: digest,
          value: program.digest,
          hint: "if you trust the change, allow it: froben operator programs add MANIFEST",
        });
      return program;
    }),
  );
}
