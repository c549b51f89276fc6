/** `noir/witness`: cuts a batch of transfers into leaves, and says what the batch proves. */
import { readJsonInput, writeCollection, writeOutput } from "../lib/outputs";
import { runProgram } from "../lib/program-io";
import { parseState } from "./lib/account";
import { expandBatch } from "./lib/expand-batch";
import { loadPoseidon2 } from "./lib/poseidon2";
import { loadToolchain } from "./lib/toolchain";
import { parseBatch } from "./lib/transfer";

runProgram(
  {
    name: "noir/witness",
    summary: "Applies a batch of transfers to a state and makes the input of every leaf proof.",
    inputs: [
      { name: "state", summary: "accounts, JSON" },
      { name: "batch", summary: "signed transfers, JSON" },
    ],
    outputs: [
      { name: "leaves", summary: "inputs of the leaf circuit, JSON", collection: true },
      { name: "statement", summary: "abi.encode(bytes32 oldRoot, bytes32 newRoot)" },
      { name: "newState", summary: "accounts after the batch, JSON" },
    ],
    example:
      "node --import tsx provers/noir/witness.ts --in state=state.json --in batch=batch.json --out leaves=leaves --out statement=statement.bin --out newState=new-state.json",
  },
  async (io) => {
    await loadToolchain();
    const state = parseState(await readJsonInput(io.input("state"), "state"));
    const transfers = parseBatch(await readJsonInput(io.input("batch"), "batch"));
    const { leaves, statement, newState } = expandBatch(
      await loadPoseidon2(),
      state,
      transfers,
      (done, total) => io.progress((0.95 * done) / total, `leaf ${done} of ${total}`),
    );
    await writeCollection(
      io.output("leaves"),
      leaves.map((leaf) => JSON.stringify(leaf)),
    );
    await writeOutput(io.output("statement"), statement);
    await writeOutput(io.output("newState"), newState);
    io.progress(1, `${transfers.length} transfers in ${leaves.length} leaves`);
  },
);
