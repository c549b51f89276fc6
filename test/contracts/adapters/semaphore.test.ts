import { expect } from "chai";
import type { Hex } from "viem";
import fixture from "../../fixtures/semaphore-proof.json";
import { deploy } from "../support/contract";
import { freshWorld, range } from "../support/world";

// A real proof by Semaphore's circuit and ceremony key, checked by Semaphore's own verifier.
const statement = fixture.statement as Hex;
const result = fixture.result as Hex;

/** Changes one byte. */
const spoil = (bytes: Hex, at: number): Hex => {
  const buffer = Buffer.from(bytes.slice(2), "hex");
  buffer[at]! ^= 1;
  return `0x${buffer.toString("hex")}`;
};

async function adapter() {
  const verifier = await deploy("SemaphoreVerifier");
  return deploy("SemaphoreAdapter", [await verifier.getAddress()]);
}

/** Whether the adapter says yes; a revert is a no. */
async function answer(s: Hex, r: Hex): Promise<boolean> {
  return (await adapter()).verify(s, r).catch(() => false);
}

describe("SemaphoreAdapter", () => {
  it("accepts a real membership proof", async () => {
    expect(await answer(statement, result)).to.equal(true);
  });

  it("refuses the proof for every other statement: depth, root, nullifier, message, scope", async () => {
    for (const field of [0, 1, 2, 3, 4])
      expect(await answer(spoil(statement, field * 32 + 31), result)).to.equal(false);
  });

  it("refuses every other proof, word by word", async () => {
    for (const word of range(0, 8))
      expect(await answer(statement, spoil(result, word * 32 + 31))).to.equal(false);
  });

  it("refuses wrong lengths, and depths that Semaphore has no key for", async () => {
    expect(await answer(statement, `${result}00`)).to.equal(false);
    expect(await answer(statement, "0x")).to.equal(false);
    expect(await answer(`${statement}00`, result)).to.equal(false);
    for (const depth of [0, 33]) {
      const other = `0x${depth.toString(16).padStart(64, "0")}${statement.slice(66)}` as Hex;
      expect(await answer(other, result)).to.equal(false);
    }
  });

  it("asks Semaphore's verifier about every depth that it has a key for, the deepest too", async () => {
    const contract = await adapter();
    const gas = (depth: number) => {
      const other = `0x${depth.toString(16).padStart(64, "0")}${statement.slice(66)}`;
      return contract.verify!.estimateGas(other, result);
    };
    const pairings = 100_000n; // what nobody spends who does not ask
    for (const depth of [1, 31, 32]) expect((await gas(depth)) - (await gas(33))).above(pairings);
  });

  it("lets the market strike an invalid membership proof, and keep a valid one", async () => {
    const w = await freshWorld();
    const verifier = (await (await adapter()).getAddress()) as Hex;
    const workflow = await w.open({ steps: w.steps({}, { verifier, verifierGas: 600_000 }) });
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [0, 1], {
      statements: [statement, statement],
    });
    const results = [result, spoil(result, 255)];
    const commitments = [0, 1].map((task) => w.commitmentFor(claim, task, results[task]!));
    const call = {
      slot: 0,
      ticket: claim.ticket,
      subMask: 0n,
      partSlot: 0,
      commitments,
      acceptance: "0x" as const,
    };
    await w.advance(operator!, { commits: [call] });
    const batch = { ...claim, commitments, results };
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 0, { statement }),
      "ResultValid",
      [verifier],
    );
    const [event] = await w.send(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 1, { statement }),
    );
    expect(event!.name).to.equal("Struck");
  });
});
