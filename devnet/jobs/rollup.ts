import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bytesToHex, sliceHex, type Address, type Hex } from "viem";
import { makeDemoBatch } from "../../pipelines/rollup/demo-batch";
import { rollupWorkflow } from "../../pipelines/rollup/workflow";
import type { ProgramSet, Workflow } from "../../sdk";
import { runProgram } from "../run-program";
import { WINDOW_SECONDS } from "./membership";

/** A batch of transfers, and the state roots that its proof must connect. */
export interface RollupBatch {
  state: Uint8Array;
  batch: Uint8Array;
  oldRoot: Hex;
  newRoot: Hex;
}

/** Makes the demonstration batch and, as a careful requester would, runs its witness generation once before paying. */
export async function prepareBatch(
  programs: ProgramSet,
  leaves: number,
  folder: string,
  signal?: AbortSignal,
): Promise<RollupBatch> {
  const { state, batch } = await makeDemoBatch({ leaves, seed: "froben" });
  await mkdir(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  await writeFile(at("state"), state);
  await writeFile(at("batch"), batch);
  const witness = programs.all.find((program) => program.name === "noir/witness")!;
  await runProgram(
    witness,
    {
      inputs: { state: at("state"), batch: at("batch") },
      outputs: { leaves: at("leaves"), statement: at("statement"), newState: at("new-state") },
    },
    {},
    signal,
  );
  const statement = bytesToHex(await readFile(at("statement")));
  return {
    state,
    batch,
    oldRoot: sliceHex(statement, 0, 32),
    newRoot: sliceHex(statement, 32, 64),
  };
}

/** The rollup workflow of the main job. */
export function rollupJob(
  programs: ProgramSet,
  adapter: Address,
  unit: bigint,
  batch: RollupBatch,
  leaves: number,
): Workflow {
  return rollupWorkflow({
    programs,
    verifier: adapter,
    state: batch.state,
    batch: batch.batch,
    maxLeaves: leaves,
    unit,
    reward: "0.02 ether",
    bond: "0.05 ether",
    startSeconds: 600,
    runSeconds: 600,
    windowSeconds: WINDOW_SECONDS,
  });
}
