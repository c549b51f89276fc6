/** `groth16/prove`: proves one membership request, for exactly the statement that comes with it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeOutput } from "../lib/outputs";
import { InputRefused, runProgram } from "../lib/program-io";
import { circuitArtifacts, requireSetup } from "./lib/artifacts";
import { makeWitness } from "./lib/make-witness";
import { encodeProof, type SnarkjsProof } from "./lib/proof-codec";
import { readRequest } from "./lib/request";
import { runSnarkjs } from "./lib/snarkjs";
import { namedSignals, readStatement, statementMismatch } from "./lib/statement";

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, "utf8")) as T;
}

function refuseMismatch(mismatch: string | undefined): void {
  if (mismatch) throw new InputRefused(mismatch);
}

runProgram(
  {
    name: "groth16/prove",
    summary: "Proves membership in a Semaphore group with Groth16 over BN254.",
    inputs: [
      { name: "request", summary: "inputs of Semaphore's circuit, JSON" },
      { name: "statement", summary: "abi.encode(depth, root, nullifier, message, scope)" },
    ],
    outputs: [{ name: "proof", summary: "256 bytes that SemaphoreVerifier takes: a, b, c" }],
    example:
      "node --import tsx provers/groth16/prove.ts --in request=request.json --in statement=statement.bin --out proof=proof.bin",
  },
  async (io) => {
    await requireSetup();
    const request = await readRequest(io.input("request"));
    const statement = await readStatement(io.input("statement"));
    const { depth, message, scope } = request;
    refuseMismatch(statementMismatch(statement, { depth, message, scope }, "request"));

    io.progress(0.1, "solving the circuit");
    const witness = await makeWitness(request, io);

    io.progress(0.3, "proving");
    const folder = await io.tempDir();
    const proofJson = join(folder, "proof.json");
    const publicJson = join(folder, "public.json");
    const { zkey } = circuitArtifacts(depth);
    const run = await runSnarkjs(
      ["groth16", "prove", zkey, witness, proofJson, publicJson],
      io.signal,
    );
    if (!run.ok) throw new Error(`snarkjs groth16 prove failed: ${run.output}`);

    const signals = namedSignals(await readJson<string[]>(publicJson));
    refuseMismatch(statementMismatch(statement, signals, "proof"));
    await writeOutput(io.output("proof"), encodeProof(await readJson<SnarkjsProof>(proofJson)));
    io.progress(1, "done");
  },
);
