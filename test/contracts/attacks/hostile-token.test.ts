import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { freshHostileWorld, TOKEN_UNIT, WEALTH } from "../support/token-world";
import { deployMarketContracts, MIN_STAKE, UNBONDING_DELAY } from "../support/world";
import { ethers } from "hardhat";

const STAKE = 10_000_000n;
const MODE = {
  honest: 0,
  fee: 1,
  bonus: 2,
  noAnswer: 3,
  no: 4,
  noPermit: 5,
  revert: 6,
  reEnter: 7,
};

async function hostile() {
  const w = await freshHostileWorld();
  const [operator] = w.operators;
  const set = async (mode: number, name?: string, args: unknown[] = []) => {
    const data = name ? w.market.interface.encodeFunctionData(name, args) : "0x";
    await w.token.getFunction("set").send(mode, name ? w.address : ethers.ZeroAddress, data);
  };
  const tokenAddress = await w.token.getAddress();
  const deposit = [operator!.address, MIN_STAKE];
  return { w, operator: operator!, set, deposit, tokenAddress };
}

/** A hostile token that has stake of its own to withdraw, and does so whenever it is called back. */
async function withdrawing() {
  const world = await hostile();
  const { w, set, tokenAddress } = world;
  await w.token.getFunction("mint").send(tokenAddress, WEALTH * TOKEN_UNIT);
  const asToken = (name: string, args: unknown[]) =>
    w.token.getFunction("call").send(w.address, w.market.interface.encodeFunctionData(name, args));
  await asToken("deposit", [tokenAddress, MIN_STAKE]);
  await asToken("startUnbonding", [MIN_STAKE]);
  await time.increase(UNBONDING_DELAY);
  await set(MODE.reEnter, "withdrawStake", [tokenAddress]);
  return { ...world, asToken };
}

describe("Attack: a token that moves another amount than it was asked to", () => {
  for (const [name, mode, received] of [
    ["less, for its fee", MODE.fee, (MIN_STAKE * TOKEN_UNIT * 9n) / 10n],
    ["more", MODE.bonus, MIN_STAKE * TOKEN_UNIT + 1n],
  ] as const)
    it(`${name}: is refused, and credits nobody`, async () => {
      const { w, operator, set, deposit } = await hostile();
      await set(mode);
      await w.refuses(operator, "deposit", deposit, "TokenShort", [
        received,
        MIN_STAKE * TOKEN_UNIT,
      ]);
      expect((await w.account(operator.address)).free).to.equal(STAKE);
    });

  it("fees on the way out are the receiver's loss, and nobody else's", async () => {
    const { w, operator, set } = await hostile();
    await w.send(operator, "startUnbonding", [MIN_STAKE]);
    await time.increase(UNBONDING_DELAY);
    await set(MODE.fee);
    await w.send(operator, "withdrawStake", [w.challenger.address]);
    expect(await w.tokensOf(w.challenger)).to.equal((MIN_STAKE * TOKEN_UNIT * 9n) / 10n);
  });
});

describe("Attack: a token that answers with nothing, with no, or not at all", () => {
  it("nothing: is taken at its balances, in and out", async () => {
    const { w, operator, set, deposit } = await hostile();
    await set(MODE.noAnswer);
    await w.send(operator, "deposit", deposit);
    await w.send(operator, "startUnbonding", [MIN_STAKE]);
    await time.increase(UNBONDING_DELAY);
    await w.send(operator, "withdrawStake", [operator.address]);
    expect(await w.tokensOf(operator)).to.equal((WEALTH - STAKE) * TOKEN_UNIT);
  });

  for (const [name, mode] of [
    ["no", MODE.no],
    ["a revert", MODE.revert],
  ] as const)
    it(`${name}: is no payment, in or out, and leaves the balance owed`, async () => {
      const { w, operator, set, deposit } = await hostile();
      await w.send(operator, "startUnbonding", [MIN_STAKE]);
      await time.increase(UNBONDING_DELAY);
      await set(mode);
      const call = w
        .as(operator)
        .getFunction("deposit")
        .send(...deposit);
      expect(await call.catch((error: Error) => error)).to.be.instanceOf(Error);
      await w.refuses(operator, "withdrawStake", [operator.address], "PaymentFailed", [
        operator.address,
      ]);
      await set(MODE.honest);
      await w.send(operator, "withdrawStake", [operator.address]);
    });

  it("a token that is no contract takes no deposit", async () => {
    const { w } = await hostile();
    const market = await deployMarketContracts({ token: w.stranger.address, unit: 1n });
    const call = market.getFunction("deposit").send(w.requester.address, MIN_STAKE);
    expect(await call.catch((error: Error) => error)).to.be.instanceOf(Error);
    expect(await market.held()).to.equal(0n);
  });
});

describe("Attack: a token whose balances shrink by themselves", () => {
  it("takes no more deposits, which would pay for the loss; who withdraws first is paid in full", async () => {
    const { w, operator, deposit } = await hostile();
    await w.send(operator, "startUnbonding", [MIN_STAKE]);
    await time.increase(UNBONDING_DELAY);
    const lost = 7n;
    const held = 3n * STAKE * TOKEN_UNIT;
    await w.token.getFunction("burn").send(w.address, lost);
    const call = w
      .as(operator)
      .getFunction("deposit")
      .send(...deposit);
    await expect(call)
      .to.be.revertedWithCustomError(w.market, "TokenShort")
      .withArgs(held - lost, held);
    await w.as(operator).getFunction("withdrawStake").send(operator.address);
    expect(await w.tokensOf(operator)).to.equal((WEALTH - STAKE + MIN_STAKE) * TOKEN_UNIT);
    await w.token.getFunction("mint").send(w.address, lost);
    await w.send(operator, "deposit", deposit);
  });
});

describe("Attack: a token that calls back", () => {
  it("can't pay in twice at once: what came is not what was asked for", async () => {
    const { w, operator, set, deposit, tokenAddress } = await hostile();
    await w.token.getFunction("mint").send(tokenAddress, WEALTH * TOKEN_UNIT);
    await set(MODE.reEnter, "deposit", [tokenAddress, MIN_STAKE]);
    await w.refuses(operator, "deposit", deposit, "TokenShort", [
      2n * MIN_STAKE * TOKEN_UNIT,
      MIN_STAKE * TOKEN_UNIT,
    ]);
    expect((await w.account(tokenAddress)).free).to.equal(0n);
  });

  it("can't be paid out of what is being paid in", async () => {
    const { w, operator, deposit } = await withdrawing();
    await w.refuses(operator, "deposit", deposit, "TokenShort", [0, MIN_STAKE * TOKEN_UNIT]);
  });

  it("can't withdraw twice", async () => {
    const { w, asToken, tokenAddress } = await withdrawing();
    await asToken("withdrawStake", [tokenAddress]);
    const answer = await w.token.getFunction("answer").staticCall();
    const { selector } = w.market.interface.getError("NothingUnbonding")!;
    expect([await w.token.getFunction("reentered").staticCall(), answer]).to.deep.equal([
      false,
      selector,
    ]);
    expect(await w.tokensOf(tokenAddress)).to.equal(WEALTH * TOKEN_UNIT);
    await w.ledger.check();
  });

  it("may do anything else while it pays out, and the books still balance", async () => {
    const { w, operator, set, tokenAddress } = await hostile();
    await w.token.getFunction("mint").send(tokenAddress, WEALTH * TOKEN_UNIT);
    await w.send(operator, "startUnbonding", [MIN_STAKE]);
    await time.increase(UNBONDING_DELAY);
    await set(MODE.reEnter, "deposit", [tokenAddress, MIN_STAKE]);
    await w.send(operator, "withdrawStake", [operator.address]);
    expect((await w.account(tokenAddress)).free).to.equal(MIN_STAKE);
    expect(await w.token.getFunction("reentered").staticCall()).to.equal(true);
  });

  it("may call back out of a permit, before anything has changed", async () => {
    const { w, operator, set, deposit, tokenAddress } = await hostile();
    await w.token.getFunction("mint").send(tokenAddress, WEALTH * TOKEN_UNIT);
    await set(MODE.reEnter, "deposit", [tokenAddress, MIN_STAKE]);
    const call = w.market.interface.encodeFunctionData("deposit", deposit);
    const args = [0, 0, 27, ethers.ZeroHash, ethers.ZeroHash, call];
    await w.send(operator, "permitAndCall", args);
    expect((await w.account(tokenAddress)).free).to.equal(MIN_STAKE);
    expect((await w.account(operator.address)).free).to.equal(STAKE + MIN_STAKE);
  });

  it("may refuse permits: the call then needs an allowance of its own", async () => {
    const { w, operator, set, deposit } = await hostile();
    const call = w.market.interface.encodeFunctionData("deposit", deposit);
    const args = [0, 0, 27, ethers.ZeroHash, ethers.ZeroHash, call];
    await set(MODE.noPermit);
    await w.send(operator, "permitAndCall", args);
    expect((await w.account(operator.address)).free).to.equal(STAKE + MIN_STAKE);
  });
});
