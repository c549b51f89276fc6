import { expect } from "chai";
import { ethers } from "hardhat";
import { freshWorld, MIN_STAKE, UNIT } from "../support/world";

describe("Market.deposit", () => {
  it("credits the operator's free stake and says who paid", async () => {
    const w = await freshWorld();
    const events = await w.send(w.requester, "deposit", [w.stranger.address], {
      value: MIN_STAKE * UNIT,
    });
    expect(events[0]!.args.toArray()).to.deep.equal([
      w.stranger.address,
      w.requester.address,
      MIN_STAKE,
    ]);
    expect(await w.account(w.stranger.address)).to.deep.equal({
      free: MIN_STAKE,
      locked: 0n,
      owed: 0n,
    });
  });

  it("accepts a small top-up of a stake above the minimum", async () => {
    const w = await freshWorld();
    await w.send(w.operators[0]!, "deposit", [w.operators[0]!.address], { value: UNIT });
  });

  it("refuses a first deposit below the minimum", async () => {
    const w = await freshWorld();
    const value = (MIN_STAKE - 1n) * UNIT;
    await w.refuses(
      w.stranger,
      "deposit",
      [w.stranger.address],
      "StakeBelowMinimum",
      [MIN_STAKE - 1n, MIN_STAKE],
      { value },
    );
  });

  it("refuses nothing, fractions of a unit, and what 64 bits of units can't hold", async () => {
    const w = await freshWorld();
    await ethers.provider.send("hardhat_setBalance", [
      w.stranger.address,
      ethers.toQuantity(2n ** 100n),
    ]);
    for (const value of [0n, UNIT * MIN_STAKE + 1n, UNIT << 64n])
      await w.refuses(w.stranger, "deposit", [w.stranger.address], "AmountInvalid", [value], {
        value,
      });
  });

  it("refuses to stake for nobody", async () => {
    const w = await freshWorld();
    await w.refuses(w.stranger, "deposit", [ethers.ZeroAddress], "ZeroAddress", [], {
      value: MIN_STAKE * UNIT,
    });
  });
});
