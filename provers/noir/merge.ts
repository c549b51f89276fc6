/** `noir/merge`: merges two proofs that follow each other into one, for the next merge or for the EVM. */
import { writeOutput } from "../lib/outputs";
import { InputRefused, UsageError, runProgram, type ProgramIo } from "../lib/program-io";
import { checkProof, publicInputsMismatch } from "./lib/check-proof";
import { mergeInput, mergePublicInputs } from "./lib/merge-input";
import { formatProof, readProof, readStatement } from "./lib/proof-file";
import { proveCircuit } from "./lib/prove-circuit";
import { threadsOf, threadsParam } from "./lib/threads";
import { loadToolchain, type Toolchain } from "./lib/toolchain";

/** Reads and verifies a child: a merge of an invalid proof would cost minutes and be invalid too. */
async function readChild(io: ProgramIo, toolchain: Toolchain, name: "left" | "right") {
  const child = await readProof(io.input(name), name);
  const folder = await io.tempDir();
  const wrong = await checkProof(toolchain, child, { folder, signal: io.signal });
  if (wrong) throw new InputRefused(`${name}: ${wrong}`);
  return child;
}

runProgram(
  {
    name: "noir/merge",
    summary: "Proves that it verified two proofs, of leaves or merges, that follow each other.",
    inputs: [
      { name: "left", summary: "proof of the earlier change, JSON" },
      { name: "right", summary: "proof of the later change, JSON" },
      {
        name: "statement",
        summary: "abi.encode(bytes32 oldRoot, bytes32 newRoot), for target evm",
        optional: true,
      },
    ],
    outputs: [
      {
        name: "proof",
        summary: "JSON, or for target evm the bytes that the Solidity verifier takes",
      },
    ],
    params: [
      {
        name: "target",
        summary: "who will verify it",
        default: "recursive",
        choices: ["recursive", "evm"],
      },
      threadsParam,
    ],
    example:
      "node --import tsx provers/noir/merge.ts --in left=leaf-0.json --in right=leaf-1.json --in statement=statement.bin --out proof=proof.bin --param target=evm",
  },
  async (io) => {
    const toolchain = await loadToolchain();
    const isForEvm = io.param("target") === "evm";
    if (isForEvm !== io.hasInput("statement")) {
      throw new UsageError("--in statement=FILE goes with --param target=evm, and only with it");
    }
    const threads = threadsOf(io);
    io.progress(0.01, "verifying both proofs");
    const left = await readChild(io, toolchain, "left");
    const right = await readChild(io, toolchain, "right");
    const publicInputs = mergePublicInputs(toolchain, left, right);
    if (isForEvm) {
      const statement = await readStatement(io.input("statement"));
      const mismatch = publicInputsMismatch(publicInputs, statement);
      if (mismatch) throw new InputRefused(`statement: ${mismatch}`);
    }
    io.progress(0.05, "solving and proving");
    const { proof } = await proveCircuit(toolchain, {
      circuit: toolchain.mergeCircuit,
      key: isForEvm ? toolchain.evmKey : toolchain.mergeKey,
      target: isForEvm ? "evm" : "recursive",
      input: await mergeInput(toolchain, left, right),
      folder: await io.tempDir(),
      signal: io.signal,
      threads,
    });
    const result = isForEvm ? proof : formatProof({ kind: "merge", publicInputs, proof });
    await writeOutput(io.output("proof"), result);
    io.progress(1, isForEvm ? "proved for the EVM" : "merged");
  },
);
