/**
 * `noir/verify`: validates the results of `noir/prove` and `noir/merge`. Which of them it has in front of it shows in the
 * inputs: a leaf, two proofs, or two proofs and a statement.
 */
import { readFile } from "node:fs/promises";
import { readJsonInput, writeVerdict } from "../lib/outputs";
import { InputRefused, UsageError, runProgram, type ProgramIo } from "../lib/program-io";
import { checkBytes, checkProof, publicInputsMismatch } from "./lib/check-proof";
import type { Hex } from "./lib/field";
import { leafPublicInputs, readProof, readStatement } from "./lib/proof-file";
import { loadToolchain, mergeKeyHash } from "./lib/toolchain";

/** Verifies the bytes for the Solidity verifier. @returns what is wrong, or undefined */
async function checkEvmProof(io: ProgramIo): Promise<string | undefined> {
  const toolchain = await loadToolchain();
  const { oldRoot, newRoot } = await readStatement(io.input("statement"));
  const proof = await readFile(io.input("proof"));
  const publicInputs = [mergeKeyHash(toolchain), oldRoot, newRoot];
  const folder = await io.tempDir();
  return checkBytes(
    toolchain,
    toolchain.evmKey,
    "evm",
    { proof, publicInputs },
    { folder, signal: io.signal },
  );
}

/** Roots that the task's inputs demand of its proof. */
async function expectedRoots(io: ProgramIo): Promise<{ oldRoot: Hex; newRoot: Hex }> {
  if (io.hasInput("leaf")) {
    const [, oldRoot, newRoot] = leafPublicInputs(await readJsonInput(io.input("leaf"), "leaf"));
    return { oldRoot, newRoot };
  }
  const left = await readProof(io.input("left"), "left");
  const right = await readProof(io.input("right"), "right");
  return { oldRoot: left.publicInputs[1], newRoot: right.publicInputs[2] };
}

/** Verifies a recursive proof. @returns what is wrong, or undefined */
async function checkRecursiveProof(io: ProgramIo): Promise<string | undefined> {
  const kind = io.hasInput("leaf") ? "leaf" : "merge";
  const proof = await readProof(io.input("proof"), "proof").catch((error: unknown) => {
    if (error instanceof InputRefused) return error.message;
    throw error;
  });
  if (typeof proof === "string") return proof;
  if (proof.kind !== kind) return `is the proof of a ${proof.kind}, must be of a ${kind}`;
  const mismatch = publicInputsMismatch(proof.publicInputs, await expectedRoots(io));
  if (mismatch) return mismatch;
  const folder = await io.tempDir();
  return checkProof(await loadToolchain(), proof, { folder, signal: io.signal });
}

function check(io: ProgramIo): Promise<string | undefined> {
  if (io.hasInput("leaf") === (io.hasInput("left") && io.hasInput("right"))) {
    throw new UsageError("give either --in leaf=FILE, or --in left=FILE and --in right=FILE");
  }
  return io.hasInput("statement") ? checkEvmProof(io) : checkRecursiveProof(io);
}

runProgram(
  {
    name: "noir/verify",
    summary:
      "Checks a leaf's or a merge's proof, and that it proves what the task's inputs ask for.",
    inputs: [
      { name: "leaf", summary: "the leaf that was to be proved", optional: true },
      { name: "left", summary: "left proof that was to be merged", optional: true },
      { name: "right", summary: "right proof that was to be merged", optional: true },
      { name: "statement", summary: "statement of a proof for the EVM", optional: true },
      { name: "proof", summary: "the result" },
    ],
    outputs: [{ name: "verdict", summary: '{"valid":true}, or false and the reason' }],
    example:
      "node --import tsx provers/noir/verify.ts --in leaf=leaves/00000 --in proof=leaf-0.json --out verdict=verdict.json",
  },
  async (io) => {
    const wrong = await check(io);
    await writeVerdict(io.output("verdict"), wrong);
    io.progress(1, wrong ?? "valid");
  },
);
