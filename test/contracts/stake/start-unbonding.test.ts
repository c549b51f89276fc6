import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { told } from "../support/events";
import { freshWorld, UNBONDING_DELAY } from "../support/world";

describe("Market.startUnbonding", () => {
  it("moves free stake out of reach of claims, for the whole delay", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const events = await w.send(operator!, "startUnbonding", [1_000]);
    const availableAt = (await time.latest()) + UNBONDING_DELAY;
    expect(told(events[0]!)).to.deep.equal({
      name: "UnbondingStarted",
      operator: operator!.address,
      amount: 1_000n,
      availableAt: BigInt(availableAt),
    });
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
