import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { told } from "../support/events";
import { freshWorld, UNBONDING_DELAY, UNIT } from "../support/world";

describe("Market.withdrawStake", () => {
  it("pays out after the delay", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    await w.send(operator!, "startUnbonding", [1_000]);
    const [, availableAt] = await w.market.unbondingOf(operator!.address);
    await time.setNextBlockTimestamp(availableAt);
    const to = ethers.Wallet.createRandom().address;
    const events = await w.send(operator!, "withdrawStake", [to]);
    expect(told(events[0]!)).to.deep.equal({
      name: "StakeWithdrawn",
      operator: operator!.address,
      to,
      amount: 1_000n,
    });
    expect(await ethers.provider.getBalance(to)).to.equal(1_000n * UNIT);
    expect(await w.market.unbondingOf(operator!.address)).to.deep.equal([0n, 0n]);
  });

  it("refuses a second before the delay is over", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    await w.send(operator!, "startUnbonding", [1_000]);
    const [, availableAt] = await w.market.unbondingOf(operator!.address);
    await time.setNextBlockTimestamp(availableAt - 1n);
    await w.refuses(operator!, "withdrawStake", [operator!.address], "StillUnbonding", [
      availableAt,
    ]);
  });

  it("refuses when nothing is unbonding, and to nobody", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    await w.refuses(operator!, "withdrawStake", [operator!.address], "NothingUnbonding");
    await w.send(operator!, "startUnbonding", [1_000]);
    await time.increase(UNBONDING_DELAY + 1);
    await w.refuses(operator!, "withdrawStake", [ethers.ZeroAddress], "ZeroAddress");
  });
});
