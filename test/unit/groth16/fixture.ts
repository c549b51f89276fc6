/** A small group with requests on disk, and one real proof, for the tests of this folder. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureGroth16Setup } from "../../../provers/groth16/setup";
import { runProgram } from "./run-program";

/** A private folder with two requests and their statements, numbered 00000 and 00001. */
export interface Fixture {
  folder: string;
  /** Path of a file in the folder. */
  path(...parts: string[]): string;
  request(index: number): string;
  statement(index: number): string;
  remove(): Promise<void>;
}

/** A first install downloads 60 MB. */
export const SETUP_TIMEOUT_MS = 300_000;

/** Makes the group in a new folder, installing the prover's packages when they are missing. */
export async function makeFixture(depth = 10): Promise<Fixture> {
  await ensureGroth16Setup();
  const folder = await mkdtemp(join(tmpdir(), "froben-groth16-test-"));
  const path = (...parts: string[]) => join(folder, ...parts);
  const run = await runProgram("group", folder, {
    out: { requests: path("requests"), statements: path("statements") },
    param: { members: "2", proofs: "2", depth: String(depth), seed: "test" },
  });
  if (run.code !== 0) throw new Error(`groth16/group exited with ${run.code}: ${run.stderr}`);
  const numbered = (index: number) => String(index).padStart(5, "0");
  return {
    folder,
    path,
    request: (index) => path("requests", numbered(index)),
    statement: (index) => path("statements", numbered(index)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Proves request 0 of a fixture. @returns the proof's bytes, also in the folder as `proof` */
export async function proveFirst(fixture: Fixture): Promise<Uint8Array> {
  const run = await runProgram("prove", fixture.folder, {
    in: { request: fixture.request(0), statement: fixture.statement(0) },
    out: { proof: fixture.path("proof") },
  });
  if (run.code !== 0) throw new Error(`groth16/prove exited with ${run.code}: ${run.stderr}`);
  return readFile(fixture.path("proof"));
}
