/** `groth16/verify`: the validation program of `groth16/prove`. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeVerdict } from "../lib/outputs";
import { type ProgramIo, runProgram } from "../lib/program-io";
import { circuitArtifacts, requireSetup } from "./lib/artifacts";
import { decodeProof, type ProofPoints, toSnarkjs } from "./lib/proof-codec";
import { readRequest } from "./lib/request";
import { runSnarkjs } from "./lib/snarkjs";
import {
  type MembershipStatement,
  publicSignals,
  readStatement,
  statementMismatch,
} from "./lib/statement";

/** Asks snarkjs. @returns why the proof is wrong, or undefined @throws Error when snarkjs gives no answer */
async function pairingRefusal(
  statement: MembershipStatement,
  points: ProofPoints,
  io: ProgramIo,
): Promise<string | undefined> {
  const folder = await io.tempDir();
  const proofJson = join(folder, "proof.json");
  const publicJson = join(folder, "public.json");
  await writeFile(proofJson, JSON.stringify(toSnarkjs(points)));
  await writeFile(publicJson, JSON.stringify(publicSignals(statement).map(String)));
  const { vkey } = circuitArtifacts(statement.depth);
  const run = await runSnarkjs(["groth16", "verify", vkey, publicJson, proofJson], io.signal);
  if (run.ok && run.output.includes("OK!")) return undefined;
  if (run.output.includes("Invalid proof")) return "the pairing check fails for this statement";
  throw new Error(`snarkjs groth16 verify gave no verdict: ${run.output}`);
}

/** Why the proof does not prove the statement, or undefined when it does. */
async function refusal(io: ProgramIo): Promise<string | undefined> {
  const statement = await readStatement(io.input("statement"));
  if (io.hasInput("request")) {
    const { depth, message, scope } = await readRequest(io.input("request"));
    const mismatch = statementMismatch(statement, { depth, message, scope }, "request");
    if (mismatch) return mismatch;
  }
  const bytes = await readFile(io.input("proof"));
  const points = decodeProof(bytes);
  if (!points) return `the proof has ${bytes.length} bytes, not 256`;
  // Imported here so that a missing install is reported by requireSetup, not as a missing module.
  const { wrongPoint } = await import("./lib/points");
  return wrongPoint(points) ?? (await pairingRefusal(statement, points, io));
}

runProgram(
  {
    name: "groth16/verify",
    summary: "Checks a membership proof as SemaphoreVerifier does.",
    inputs: [
      { name: "request", summary: "the request; checked against the statement", optional: true },
      { name: "statement", summary: "abi.encode(depth, root, nullifier, message, scope)" },
      { name: "proof", summary: "256 bytes: a, b, c" },
    ],
    outputs: [{ name: "verdict", summary: 'JSON {"valid":true|false,"reason":"..."}' }],
    example:
      "node --import tsx provers/groth16/verify.ts --in statement=statement.bin --in proof=proof.bin --out verdict=verdict.json",
  },
  async (io) => {
    await requireSetup();
    await writeVerdict(io.output("verdict"), await refusal(io));
    io.progress(1, "done");
  },
);
