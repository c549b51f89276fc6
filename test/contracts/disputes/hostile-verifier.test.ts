import { expect } from "chai";
import type { Hex } from "viem";
import { deploy } from "../support/contract";
import { freshWorld, type World } from "../support/world";

const MODES = {
  revert: 0,
  burnGas: 1,
  returnBomb: 2,
  returnNothing: 3,
  returnTwo: 4,
  reEnter: 5,
  needGas: 6,
};

/** A batch of one right result, under a verifier that misbehaves. */
async function underVerifier(w: World, mode: keyof typeof MODES, data = "0x", gasNeeded = 0) {
  const hostile = await deploy("HostileVerifier");
  const verifier = (await hostile.getAddress()) as Hex;
  await hostile.set(MODES[mode], w.address, data, gasNeeded);
  const workflow = await w.open({ steps: w.steps({ verifier }) });
  const batch = await w.commit(await w.claim(workflow, w.operators[0]!, [0]));
  return { workflow, batch, hostile, verifier };
}

describe("A hostile verifier", () => {
  for (const mode of ["revert", "burnGas", "returnBomb", "returnNothing", "returnTwo"] as const)
    it(`that answers with ${mode} says no, and costs the challenger no more than its gas`, async () => {
      const w = await freshWorld();
      const { batch } = await underVerifier(w, mode);
      const tx = await w
        .as(w.challenger)
        .getFunction("challenge")
        .send(...w.challengeArgs(batch, 0), { gasLimit: 1_000_000 });
      const receipt = await tx.wait();
      expect(receipt!.gasUsed < 400_000n).to.equal(true);
      await w.ledger.check();
      expect((await w.market.slotOf(w.operators[0]!.address, 0)).struck).to.equal(1n);
    });

  it("can't re-enter: it is asked by a static call, so its attempt is a no", async () => {
    const w = await freshWorld();
    const data = w.market.interface.encodeFunctionData("finish", [1]);
    const { batch, workflow } = await underVerifier(w, "reEnter", data);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0), {});
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(1n);
  });

  it("can't be starved of gas: with less than the terms promise the challenge itself reverts", async () => {
    const w = await freshWorld();
    const { batch, verifier } = await underVerifier(w, "needGas", "0x", 97_000);
    const args = w.challengeArgs(batch, 0);
    await w.refuses(w.challenger, "challenge", args, "ResultValid", [verifier]);
    let short = 0;
    for (let gasLimit = 120_000; gasLimit <= 420_000; gasLimit += 20_000) {
      const call = w
        .as(w.challenger)
        .getFunction("challenge")
        .staticCall(...args, { gasLimit });
      const error = await call.then(
        () => "struck",
        (e: Error) => /custom error '(\w+)/.exec(e.message)?.[1] ?? "out of gas",
      );
      expect(error).to.be.oneOf(["VerifierGasShort", "out of gas", "ResultValid"]);
      if (error === "VerifierGasShort") short++;
    }
    expect(short > 0).to.equal(true);
  });
});
