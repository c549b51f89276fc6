import { expect } from "chai";
import { ethers } from "hardhat";
import { told } from "../support/events";
import { freshWorld, MIN_STAKE, UNIT } from "../support/world";

describe("Market.deposit", () => {
  it("credits the operator's free stake and says who paid", async () => {
    const w = await freshWorld();
    const events = await w.send(w.requester, "deposit", [w.stranger.address, MIN_STAKE], {
      value: MIN_STAKE * UNIT,
    });
    expect(told(events[0]!)).to.deep.equal({
      name: "StakeDeposited",
      operator: w.stranger.address,
      from: w.requester.address,
      amount: MIN_STAKE,
    });
    expect(await w.account(w.stranger.address)).to.deep.equal({
      free: MIN_STAKE,
      locked: 0n,
      owed: 0n,
    });
  });

  it("accepts a small top-up of a stake above the minimum", async () => {
    const w = await freshWorld();
    await w.send(w.operators[0]!, "deposit", [w.operators[0]!.address, 1n], { value: UNIT });
  });

  it("refuses a first deposit below the minimum", async () => {
    const w = await freshWorld();
    const value = (MIN_STAKE - 1n) * UNIT;
    await w.refuses(
      w.stranger,
      "deposit",
      [w.stranger.address, MIN_STAKE - 1n],
      "StakeBelowMinimum",
      [MIN_STAKE - 1n, MIN_STAKE],
      { value },
    );
  });

  it("refuses nothing, fractions of a unit, and what 64 bits of units can't hold", async () => {
    const w = await freshWorld();
    const most = (1n << 64n) - 1n;
    await ethers.provider.send("hardhat_setBalance", [
      w.stranger.address,
      ethers.toQuantity(2n ** 100n),
    ]);
    const cases: [amount: bigint, value: bigint, told: bigint][] = [
      [0n, 0n, 0n],
      [MIN_STAKE, UNIT * MIN_STAKE + 1n, UNIT * MIN_STAKE + 1n],
      [most, UNIT * most, most], // what others have paid in is there already
    ];
    for (const [amount, value, told] of cases)
      await w.refuses(
        w.stranger,
        "deposit",
        [w.stranger.address, amount],
        "AmountInvalid",
        [told],
        { value },
      );
  });

  it("refuses to stake for nobody", async () => {
    const w = await freshWorld();
    await w.refuses(w.stranger, "deposit", [ethers.ZeroAddress, MIN_STAKE], "ZeroAddress", [], {
      value: MIN_STAKE * UNIT,
    });
  });
});
