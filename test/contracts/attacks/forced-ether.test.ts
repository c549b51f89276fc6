import { expect } from "chai";
import { ethers } from "hardhat";
import { freshWorld, UNIT } from "../support/world";

describe("Attack: ether forced into the market", () => {
  it("changes nobody's balance", async () => {
    const w = await freshWorld();
    const before = await ethers.provider.getBalance(w.address);
    await ethers.provider.send("hardhat_setBalance", [
      w.address,
      ethers.toQuantity(before + 5n * UNIT),
    ]);
    expect(await w.account(w.operators[0]!.address)).to.deep.equal({
      free: 10_000_000n,
      locked: 0n,
      owed: 0n,
    });
    await ethers.provider.send("hardhat_setBalance", [w.address, ethers.toQuantity(before)]);
    await w.ledger.check();
  });

  it("is refused when it is sent plainly", async () => {
    const w = await freshWorld();
    const sent = w.stranger.sendTransaction({ to: w.address, value: UNIT });
    expect(await sent.catch((error: Error) => error)).to.be.instanceOf(Error);
  });
});
