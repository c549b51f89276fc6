import { anyValue } from "@nomicfoundation/hardhat-chai-matchers/withArgs";
import { expect } from "chai";
import { freshWorld } from "../support/world";
import { wrongBatch } from "../support/wrong-batch";

describe("The gas that a challenge has to leave for the verifier", () => {
  it("is what the terms promise, the 63rd part that a call leaves behind, and 160,000 to call and to strike", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w);
    const call = w.as(w.challenger).getFunction("challenge").staticCall;
    const needed = 100_000 + 1_587 + 10_000 + 150_000;
    await expect(call(...w.challengeArgs(batch, 3), { gasLimit: 300_000 }))
      .to.be.revertedWithCustomError(w.market, "VerifierGasShort")
      .withArgs(anyValue, needed);
  });
});
