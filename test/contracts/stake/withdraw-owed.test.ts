import { expect } from "chai";
import { ethers } from "hardhat";
import { deploy } from "../support/contract";
import { told } from "../support/events";
import { freshWorld, UNIT } from "../support/world";

describe("Market.withdrawOwed", () => {
  async function withReward() {
    const w = await freshWorld();
    const operator = w.operators[0]!;
    await w.settle(await w.matured(await w.open(), operator, [0]));
    return { w, operator };
  }

  it("pays everything that is owed, once", async () => {
    const { w, operator } = await withReward();
    const to = ethers.Wallet.createRandom().address;
    const events = await w.send(operator, "withdrawOwed", [to]);
    expect(told(events[0]!)).to.deep.equal({
      name: "OwedWithdrawn",
      account: operator.address,
      to,
      amount: 1_000n,
    });
    expect(await ethers.provider.getBalance(to)).to.equal(1_000n * UNIT);
    await w.refuses(operator, "withdrawOwed", [to], "NothingOwed", [operator.address]);
  });

  it("refuses to pay nobody", async () => {
    const { w, operator } = await withReward();
    await w.refuses(operator, "withdrawOwed", [ethers.ZeroAddress], "ZeroAddress");
  });

  it("refuses to pay the market itself, where the units would be nobody's", async () => {
    const { w, operator } = await withReward();
    await w.refuses(operator, "withdrawOwed", [w.address], "PaymentFailed", [w.address]);
  });

  it("keeps what is owed when the receiver refuses it", async () => {
    const { w, operator } = await withReward();
    const receiver = await deploy("HostileReceiver");
    await receiver.set(ethers.ZeroAddress, "0x", true);
    await w.refuses(operator, "withdrawOwed", [await receiver.getAddress()], "PaymentFailed", [
      await receiver.getAddress(),
    ]);
    expect((await w.account(operator.address)).owed).to.equal(1_000n);
  });
});
