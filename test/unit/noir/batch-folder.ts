/** A private folder with a small demonstration batch, its leaves and, when asked for, a proof. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDemoBatch } from "../../../pipelines/rollup/demo-batch";
import { ensureNoirSetup } from "../../../provers/noir/setup";
import { runProgram, type ProgramArguments, type ProgramRun } from "./run-program";

export interface BatchFolder {
  folder: string;
  /** Path of a file in the folder. */
  path(...parts: string[]): string;
  /** Runs a program with this folder as working folder and TMPDIR. */
  run(name: string, given: ProgramArguments): Promise<ProgramRun>;
  /** Proves leaf 0 or 1 into `name`. */
  prove(leaf: number, name: string): Promise<void>;
  remove(): Promise<void>;
}

/** Makes the folder and runs `noir/witness` in it: 2 leaves, `leaves/00000` and `leaves/00001`. */
export async function makeBatchFolder(): Promise<BatchFolder> {
  await ensureNoirSetup();
  const folder = await mkdtemp(join(tmpdir(), "froben-noir-test-"));
  const path = (...parts: string[]) => join(folder, ...parts);
  const run = (name: string, given: ProgramArguments) => runProgram(name, folder, given);
  const succeed = async (name: string, given: ProgramArguments) => {
    const { code, stderr } = await run(name, given);
    if (code !== 0) throw new Error(`noir/${name} exited with ${code}: ${stderr}`);
  };
  const { state, batch } = await makeDemoBatch({ leaves: 2, seed: "test" });
  await writeFile(path("state.json"), state);
  await writeFile(path("batch.json"), batch);
  await succeed("witness", {
    in: { state: path("state.json"), batch: path("batch.json") },
    out: { leaves: path("leaves"), statement: path("statement"), newState: path("new.json") },
  });
  return {
    folder,
    path,
    run,
    prove: (leaf, name) =>
      succeed("prove", { in: { leaf: path("leaves", `0000${leaf}`) }, out: { proof: path(name) } }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
