import { ethers } from "hardhat";
import { expect } from "chai";
import { batchUnder } from "../support/hostile-verifier";
import { freshWorld } from "../support/world";

/** Reverts with the word one, which is what "yes" looks like. */
const REVERTS_WITH_ONE = "0x60015f5260205ffd";

describe("Attack: a verifier whose error looks like a yes", () => {
  it("to protect wrong results: a call that fails is a no, whatever it says", async () => {
    const w = await freshWorld();
    const { batch, verifier } = await batchUnder(w, "revert");
    await ethers.provider.send("hardhat_setCode", [verifier, REVERTS_WITH_ONE]);
    const [event] = await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    expect(event!.name).to.equal("Struck");
  });
});
