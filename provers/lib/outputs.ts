/** Writing outputs so that a killed program never leaves half of one under its final name. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputRefused } from "./program-errors";

/** Writes a file whole or not at all; creates its folder. */
export async function writeOutput(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.part`;
  await writeFile(partial, content);
  await rename(partial, path);
}

/** Writes a collection: files named 00000, 00001, ... in a folder. */
export async function writeCollection(
  folder: string,
  members: readonly (string | Uint8Array)[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [index, content] of members.entries()) {
    await writeOutput(join(folder, String(index).padStart(5, "0")), content);
  }
}

/** Writes the verdict of a validation program: `{"valid":true}` or `{"valid":false,"reason":"..."}`. */
export function writeVerdict(path: string, refusal?: string): Promise<void> {
  const verdict = refusal === undefined ? { valid: true } : { valid: false, reason: refusal };
  return writeOutput(path, `${JSON.stringify(verdict)}\n`);
}

/** Reads an input as JSON. @throws InputRefused when it is no JSON. */
export async function readJsonInput(path: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch (error) {
    throw new InputRefused(`${name}: not JSON: ${(error as Error).message}`);
  }
}
