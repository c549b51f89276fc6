/** `noir/prove`: proves one leaf. */
import type { InputMap } from "@noir-lang/noir_js";
import { readJsonInput, writeOutput } from "../lib/outputs";
import { runProgram } from "../lib/program-io";
import { formatProof, leafPublicInputs } from "./lib/proof-file";
import { proveCircuit } from "./lib/prove-circuit";
import { threadsOf, threadsParam } from "./lib/threads";
import { loadToolchain } from "./lib/toolchain";

runProgram(
  {
    name: "noir/prove",
    summary: "Proves that a leaf's transfers are valid and change the state root as it says.",
    inputs: [{ name: "leaf", summary: "input of the leaf circuit, JSON" }],
    outputs: [{ name: "proof", summary: "the leaf's proof, JSON" }],
    params: [threadsParam],
    example:
      "node --import tsx provers/noir/prove.ts --in leaf=leaves/00000 --out proof=leaf-0.json --param threads=2",
  },
  async (io) => {
    const toolchain = await loadToolchain();
    const leaf = await readJsonInput(io.input("leaf"), "leaf");
    const publicInputs = leafPublicInputs(leaf);
    io.progress(0.1, "solving and proving");
    const { proof } = await proveCircuit(toolchain, {
      circuit: toolchain.leafCircuit,
      key: toolchain.leafKey,
      target: "recursive",
      input: leaf as InputMap,
      folder: await io.tempDir(),
      signal: io.signal,
      threads: threadsOf(io),
    });
    await writeOutput(io.output("proof"), formatProof({ kind: "leaf", publicInputs, proof }));
    io.progress(1, "leaf proved");
  },
);
