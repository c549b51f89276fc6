import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { deploy } from "../support/contract";
import { freshWorld, MIN_STAKE, UNBONDING_DELAY, UNIT, type World } from "../support/world";

// Payments are the only calls to others that may change state; each is the last thing that its function does.
describe("Re-entry from a payment", () => {
  async function hostile(w: World) {
    const receiver = await deploy("HostileReceiver");
    const address = await receiver.getAddress();
    const call = (name: string, args: unknown[], value = 0n) =>
      receiver.call(w.address, w.market.interface.encodeFunctionData(name, args), { value });
    await call("deposit", [address, 2n * MIN_STAKE], 2n * MIN_STAKE * UNIT);
    return { receiver, address, call };
  }

  it("can't withdraw stake twice", async () => {
    const w = await freshWorld();
    const { receiver, address, call } = await hostile(w);
    await call("startUnbonding", [MIN_STAKE]);
    await time.increase(UNBONDING_DELAY + 1);
    await receiver.set(
      w.address,
      w.market.interface.encodeFunctionData("withdrawStake", [address]),
      false,
    );
    await call("withdrawStake", [address]);
    await w.ledger.check();
    expect(await receiver.reentered()).to.equal(false);
    expect(await receiver.answer()).to.equal(
      w.market.interface.encodeErrorResult("NothingUnbonding", []),
    );
    expect(await ethers.provider.getBalance(address)).to.equal(MIN_STAKE * UNIT);
  });

  it("can't withdraw what is owed twice", async () => {
    const w = await freshWorld();
    const { receiver, address, call } = await hostile(w);
    const steps = w.steps();
    const terms = await w.terms();
    await call("openWorkflow", [terms, steps, 1_000_000n], 1_000_000n * UNIT);
    await call("cancel", [1]);
    await call("refund", [1]);
    await receiver.set(
      w.address,
      w.market.interface.encodeFunctionData("withdrawOwed", [address]),
      false,
    );
    await call("withdrawOwed", [address]);
    await w.ledger.check();
    expect(await receiver.reentered()).to.equal(false);
    expect(await receiver.answer()).to.equal(
      w.market.interface.encodeErrorResult("NothingOwed", [address]),
    );
    expect(await ethers.provider.getBalance(address)).to.equal(1_000_000n * UNIT);
  });

  it("may do anything else, and the books still balance", async () => {
    const w = await freshWorld();
    const { receiver, address, call } = await hostile(w);
    await call("startUnbonding", [MIN_STAKE]);
    await time.increase(UNBONDING_DELAY + 1);
    await receiver.set(
      w.address,
      w.market.interface.encodeFunctionData("startUnbonding", [MIN_STAKE]),
      false,
    );
    await call("withdrawStake", [address]);
    expect(await receiver.reentered()).to.equal(true);
    await w.ledger.check();
    expect((await w.market.unbondingOf(address))[0]).to.equal(MIN_STAKE);
  });
});
