/** `groth16/group`: makes a demonstration group and the requests of its members. */
import { writeCollection } from "../lib/outputs";
import { type ProgramIo, runProgram, UsageError } from "../lib/program-io";
import { requireSetup } from "./lib/artifacts";
import { MAX_DEPTH, MIN_DEPTH } from "./lib/depth";
import { encodeStatement } from "./lib/statement";

/** More members than this take minutes to hash into a tree. */
const MAX_MEMBERS = 4_096;

function wholeParam(io: ProgramIo, name: string, min: number, max: number): number {
  const text = io.param(name);
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`--param ${name}: wants ${min} to ${max}, got "${text}"`);
  }
  return value;
}

runProgram(
  {
    name: "groth16/group",
    summary:
      "Makes a Semaphore group from a seed, with requests and statements of its first members.",
    inputs: [],
    outputs: [
      { name: "requests", summary: "inputs of groth16/prove", collection: true },
      { name: "statements", summary: "statement of each request", collection: true },
    ],
    params: [
      { name: "members", summary: "members of the group, at most 2^depth", default: "16" },
      { name: "proofs", summary: "requests to make, at most one per member", default: "16" },
      { name: "depth", summary: "depth of the circuit, 1 to 32", default: "10" },
      { name: "seed", summary: "same seed, same group", default: "froben" },
    ],
    example:
      "node --import tsx provers/groth16/group.ts --out requests=requests --out statements=statements",
  },
  async (io) => {
    const depth = wholeParam(io, "depth", MIN_DEPTH, MAX_DEPTH);
    const members = wholeParam(io, "members", 1, Math.min(MAX_MEMBERS, 2 ** depth));
    const proofs = wholeParam(io, "proofs", 1, members);
    await requireSetup();
    // Imported here so that a missing install is reported by requireSetup, not as a missing module.
    const { makeDemoRequests } = await import("./lib/demo-group");
    const made = makeDemoRequests({ members, proofs, depth, seed: io.param("seed") });
    await writeCollection(
      io.output("requests"),
      made.map(({ request }) => `${JSON.stringify(request)}\n`),
    );
    await writeCollection(
      io.output("statements"),
      made.map(({ statement }) => encodeStatement(statement)),
    );
    io.progress(1, `${members} members, ${proofs} requests`);
  },
);
