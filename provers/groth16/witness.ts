/** `groth16/witness`: solves Semaphore's circuit for a request, for use by hand; `groth16/prove` does it itself. */
import { readFile } from "node:fs/promises";
import { writeOutput } from "../lib/outputs";
import { runProgram } from "../lib/program-io";
import { requireSetup } from "./lib/artifacts";
import { makeWitness } from "./lib/make-witness";
import { readRequest } from "./lib/request";

runProgram(
  {
    name: "groth16/witness",
    summary: "Computes the witness of a membership request.",
    inputs: [{ name: "request", summary: "inputs of Semaphore's circuit, JSON" }],
    outputs: [{ name: "witness", summary: "the witness, .wtns; holds the member's secret" }],
    example:
      "node --import tsx provers/groth16/witness.ts --in request=request.json --out witness=witness.wtns",
  },
  async (io) => {
    await requireSetup();
    const request = await readRequest(io.input("request"));
    io.progress(0.1, "solving the circuit");
    await writeOutput(io.output("witness"), await readFile(await makeWitness(request, io)));
    io.progress(1, "done");
  },
);
