import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { freshWorld, UNBONDING_DELAY, UNIT } from "../support/world";

describe("Market.startUnbonding", () => {
  it("moves free stake out of reach of claims, for the whole delay", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const events = await w.send(operator!, "startUnbonding", [1_000]);
    const availableAt = (await time.latest()) + UNBONDING_DELAY;
    expect(events[0]!.args.toArray()).to.deep.equal([
      operator!.address,
      1_000n,
      BigInt(availableAt),
    ]);
    expect(await w.market.unbondingOf(operator!.address)).to.deep.equal([
      1_000n,
      BigInt(availableAt),
    ]);
  });

  it("starts the delay of everything anew when more is added", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    await w.send(operator!, "startUnbonding", [1_000]);
    await time.increase(1_000);
    await w.send(operator!, "startUnbonding", [500]);
    const availableAt = (await time.latest()) + UNBONDING_DELAY;
    expect(await w.market.unbondingOf(operator!.address)).to.deep.equal([
      1_500n,
      BigInt(availableAt),
    ]);
  });

  it("refuses nothing, and more than is free", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    await w.refuses(operator!, "startUnbonding", [0], "AmountInvalid", [0]);
    await w.refuses(operator!, "startUnbonding", [10_000_001n], "StakeInsufficient", [
      10_000_000n,
      10_000_001n,
    ]);
  });

  it("refuses bonds of a live claim", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    await w.claim(await w.open(), operator!, [0]);
    await w.refuses(operator!, "startUnbonding", [10_000_000n], "StakeInsufficient", [
      10_000_000n - 501n,
      10_000_000n,
    ]);
  });
});

describe("Market.withdrawStake", () => {
  it("pays out after the delay", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    await w.send(operator!, "startUnbonding", [1_000]);
    const [, availableAt] = await w.market.unbondingOf(operator!.address);
    await time.setNextBlockTimestamp(availableAt);
    const to = ethers.Wallet.createRandom().address;
    const events = await w.send(operator!, "withdrawStake", [to]);
    expect(events[0]!.args.toArray()).to.deep.equal([operator!.address, to, 1_000n]);
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
