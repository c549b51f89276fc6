import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { LIMITS } from "../../../protocol/limits";
import { minimumEscrow } from "../../../protocol/terms";
import type { AnyContract } from "../support/contract";
import { told } from "../support/events";
import { freshTokenWorld, TOKEN_UNIT, WEALTH } from "../support/token-world";
import { deployMarketContracts, MIN_STAKE, range, UNBONDING_DELAY } from "../support/world";

const STAKE = 10_000_000n;

describe("A market in a token", () => {
  it("takes deposits by allowance, in units of the token", async () => {
    const w = await freshTokenWorld();
    const events = await w.send(w.stranger, "deposit", [w.challenger.address, MIN_STAKE]);
    expect(events.map(told)).to.deep.equal([
      {
        name: "StakeDeposited",
        operator: w.challenger.address,
        from: w.stranger.address,
        amount: MIN_STAKE,
      },
    ]);
    expect(await w.tokensOf(w.stranger)).to.equal((WEALTH - MIN_STAKE) * TOKEN_UNIT);
    expect(await w.tokensOf(w.address)).to.equal((3n * STAKE + MIN_STAKE) * TOKEN_UNIT);
    expect(await w.market.held()).to.equal(3n * STAKE + MIN_STAKE);
  });

  it("pays work, fees and refunds in the token, and leaves nothing behind but what was burned", async () => {
    const w = await freshTokenWorld();
    const workflow = await w.open({ extra: 7n });
    await w.send(w.requester, "topUp", [workflow.id, 3n]);
    const [one, two] = w.operators;
    const good = await w.commit(await w.claim(workflow, one!, range(0, 3)));
    const bad = await w.commit(await w.claim(workflow, two!, [3]), { wrong: [3] });
    await w.send(w.challenger, "challenge", w.challengeArgs(bad, 3));
    await time.increaseTo(workflow.deadline + 901 + LIMITS.feeDelay);
    await w.settle(good);
    await w.settle(bad);
    await w.send(w.stranger, "payFee", [workflow.id]);
    await w.send(w.stranger, "refund", [workflow.id]);
    for (const operator of w.operators)
      await w.send(operator, "startUnbonding", [(await w.account(operator.address)).free]);
    await time.increase(UNBONDING_DELAY + 1);
    for (const operator of w.operators) await w.send(operator, "withdrawStake", [operator.address]);
    const all = [one!, w.challenger, w.requester, w.coordinator];
    for (const account of all) await w.send(account, "withdrawOwed", [account.address]);
    expect(await w.tokensOf(one!)).to.equal((WEALTH + 3_000n) * TOKEN_UNIT);
    expect(await w.tokensOf(two!)).to.equal((WEALTH - 501n) * TOKEN_UNIT);
    expect(await w.tokensOf(w.coordinator)).to.equal(75n * TOKEN_UNIT);
    expect(await w.tokensOf(w.requester)).to.equal((WEALTH - 3_000n - 75n + 150n) * TOKEN_UNIT);
    expect(await w.tokensOf(w.address)).to.equal(151n * TOKEN_UNIT);
    expect(w.ledger.burned).to.equal(151n);
  });

  it("pays out to whom the account names, but not to nobody", async () => {
    const w = await freshTokenWorld();
    const [operator] = w.operators;
    await w.send(operator!, "startUnbonding", [MIN_STAKE]);
    await time.increase(UNBONDING_DELAY);
    await w.refuses(operator!, "withdrawStake", [ethers.ZeroAddress], "ZeroAddress");
    await w.send(operator!, "withdrawStake", [w.challenger.address]);
    expect(await w.tokensOf(w.challenger)).to.equal(MIN_STAKE * TOKEN_UNIT);
  });

  it("refuses native value with every pay-in", async () => {
    const w = await freshTokenWorld();
    const workflow = await w.open();
    const steps = w.steps();
    const terms = await w.terms();
    const value = 1n;
    for (const [name, args] of [
      ["deposit", [w.stranger.address, MIN_STAKE]],
      ["topUp", [workflow.id, 1]],
      ["openWorkflow", [terms, steps, minimumEscrow(steps, 0)]],
    ] as [string, unknown[]][])
      await w.refuses(w.stranger, name, args, "AmountInvalid", [value], { value });
    const plain = w.stranger.sendTransaction({ to: w.address, value });
    await expect(plain).to.be.revertedWithCustomError(w.market, "AmountInvalid").withArgs(value);
  });

  it("refuses native value with every other call", async () => {
    const w = await freshTokenWorld();
    for (const [name, args] of [
      ["withdrawOwed", [w.stranger.address]],
      ["advance", ["0x0003000000"]],
      ["declareSilent", [1]],
      ["permitAndCall", [0, 0, 27, ethers.ZeroHash, ethers.ZeroHash, "0x"]],
    ] as [string, unknown[]][]) {
      const data = w.market.interface.encodeFunctionData(name, args);
      const sent = w.stranger.sendTransaction({ to: w.address, value: 1n, data });
      expect(await sent.catch((error: Error) => error), name).to.be.instanceOf(Error);
    }
    expect(await ethers.provider.getBalance(w.address)).to.equal(0n);
  });

  it("refuses nothing, more than 64 bits of units, and what the caller has not allowed", async () => {
    const w = await freshTokenWorld();
    const [operator] = w.operators;
    await w.refuses(operator!, "deposit", [operator!.address, 0], "AmountInvalid", [0]);
    const most = 2n ** 64n - 1n;
    await w.token.getFunction("mint").send(operator!.address, most * TOKEN_UNIT);
    await w.refuses(operator!, "deposit", [operator!.address, most], "AmountInvalid", [most]);
    const rest = most - (await w.market.held());
    await w.refuses(operator!, "deposit", [operator!.address, rest + 1n], "AmountInvalid");
    await w.send(operator!, "deposit", [operator!.address, rest]);
    await w.refuses(operator!, "deposit", [operator!.address, 1], "AmountInvalid", [1]);
    await (w.token.connect(operator!) as AnyContract).approve(w.address, TOKEN_UNIT);
    const call = w.as(operator!).getFunction("deposit").send(operator!.address, 2);
    await expect(call).to.be.revertedWithCustomError(w.token, "ERC20InsufficientAllowance");
  });

  it("owes nobody what was sent to it plainly", async () => {
    const w = await freshTokenWorld();
    await (w.token.connect(w.stranger) as AnyContract).transfer(w.address, 5n);
    expect(await w.market.held()).to.equal(3n * STAKE);
    const [operator] = w.operators;
    await w.as(operator!).deposit(operator!.address, 1n);
    expect(await w.tokensOf(w.address)).to.equal((3n * STAKE + 1n) * TOKEN_UNIT + 5n);
  });

  it("may have any unit but none", async () => {
    const w = await freshTokenWorld();
    const token = await w.token.getAddress();
    const market = await deployMarketContracts({ token, unit: 1n });
    expect(await market.UNIT()).to.equal(1n);
    await expect(deployMarketContracts({ token, unit: 0n })).to.be.revertedWithCustomError(
      w.market,
      "TermOutOfRange",
    );
  });

  it("refuses to pay itself, where the units would be nobody's", async () => {
    const w = await freshTokenWorld();
    const operator = w.operators[0]!;
    await w.settle(await w.matured(await w.open(), operator, [0]));
    const held: bigint = await w.market.held();
    await w.refuses(operator, "withdrawOwed", [w.address], "PaymentFailed", [w.address]);
    await w.send(operator, "startUnbonding", [1n]);
    await time.increase(UNBONDING_DELAY);
    await w.refuses(operator, "withdrawStake", [w.address], "PaymentFailed", [w.address]);
    expect(await w.market.held()).to.equal(held);
  });
});
