/** Solves a circuit and proves it. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CompiledCircuit, InputMap } from "@noir-lang/noir_js";
import { InputRefused } from "../../lib/program-errors";
import { runBb, type BbOptions } from "./bb";
import { targets, type Target } from "./circuits";
import { toFields, type Hex } from "./field";
import type { Toolchain } from "./toolchain";

export interface ProveJob extends BbOptions {
  /** Path of the compiled circuit. */
  circuit: string;
  /** Folder of its key for this target. */
  key: string;
  target: Target;
  input: InputMap;
  /** Private folder for files in between; the caller removes it. */
  folder: string;
}

export interface RawProof {
  proof: Buffer;
  publicInputs: Hex[];
}

/** Solves a circuit. @throws InputRefused when the input is malformed or breaks a constraint */
export async function solveCircuit(circuit: string, input: InputMap): Promise<Uint8Array> {
  const { Noir } = await import("@noir-lang/noir_js");
  const noir = new Noir(JSON.parse(await readFile(circuit, "utf8")) as CompiledCircuit);
  try {
    return (await noir.execute(input)).witness;
  } catch (error) {
    throw new InputRefused(`the circuit refuses the input: ${(error as Error).message}`);
  }
}

/**
 * Proves a circuit for an input.
 * @throws InputRefused when nothing can be proved for this input; Error when bb fails
 */
export async function proveCircuit(toolchain: Toolchain, job: ProveJob): Promise<RawProof> {
  const { circuit, key, target, input, folder, ...options } = job;
  const witness = join(folder, "witness.gz");
  await writeFile(witness, await solveCircuit(circuit, input));
  const vk = join(key, "vk");
  await runBb(
    toolchain,
    ["prove", "-b", circuit, "-w", witness, "-k", vk, "-o", folder, "-t", targets[target]],
    options,
  );
  return {
    proof: await readFile(join(folder, "proof")),
    publicInputs: toFields(await readFile(join(folder, "public_inputs"))),
  };
}
