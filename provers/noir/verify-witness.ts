/** `noir/verify-witness`: validates the result of `noir/witness` by making it again, since it is deterministic. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readJsonInput, writeVerdict } from "../lib/outputs";
import { runProgram } from "../lib/program-io";
import { parseState } from "./lib/account";
import { expandBatch, type ExpandedBatch } from "./lib/expand-batch";
import { loadPoseidon2 } from "./lib/poseidon2";
import { loadToolchain } from "./lib/toolchain";
import { parseBatch } from "./lib/transfer";

/** Compares leaf files with the right ones. @returns what differs, or undefined */
async function compareLeaves(
  folder: string,
  right: ExpandedBatch["leaves"],
): Promise<string | undefined> {
  const names = (await readdir(folder)).sort();
  if (names.length !== right.length) return `leaves: are ${names.length}, must be ${right.length}`;
  for (const [index, name] of names.entries()) {
    if ((await readFile(join(folder, name), "utf8")) !== JSON.stringify(right[index])) {
      return `leaves: ${name} differs`;
    }
  }
  return undefined;
}

runProgram(
  {
    name: "noir/verify-witness",
    summary: "Makes a batch's leaves again and compares.",
    inputs: [
      { name: "state", summary: "accounts, JSON" },
      { name: "batch", summary: "signed transfers, JSON" },
      { name: "leaves", summary: "the result's leaves, a folder of numbered files" },
      { name: "statement", summary: "the result's statement" },
      { name: "newState", summary: "the result's accounts, JSON" },
    ],
    outputs: [{ name: "verdict", summary: '{"valid":true}, or false and the reason' }],
    example:
      "node --import tsx provers/noir/verify-witness.ts --in state=state.json --in batch=batch.json --in leaves=leaves --in statement=statement.bin --in newState=new-state.json --out verdict=verdict.json",
  },
  async (io) => {
    await loadToolchain();
    const state = parseState(await readJsonInput(io.input("state"), "state"));
    const transfers = parseBatch(await readJsonInput(io.input("batch"), "batch"));
    const right = expandBatch(await loadPoseidon2(), state, transfers, (done, total) =>
      io.progress((0.9 * done) / total),
    );
    const wrong =
      (await compareLeaves(io.input("leaves"), right.leaves)) ??
      ((await readFile(io.input("statement"))).equals(right.statement)
        ? undefined
        : "statement: differs") ??
      ((await readFile(io.input("newState"), "utf8")) === right.newState
        ? undefined
        : "newState: differs");
    await writeVerdict(io.output("verdict"), wrong);
    io.progress(1, wrong ?? "valid");
  },
);
