import { expect } from "chai";
import { ethers } from "hardhat";
import { told } from "../support/events";
import { freshWorld, operationsOf, type Account, type World } from "../support/world";

/** A world whose first operator lets the stranger act for it. */
async function withDelegate() {
  const w = await freshWorld();
  const operator = w.operators[0]!;
  await w.send(operator, "setDelegate", [w.stranger.address]);
  return { w, operator, delegate: w.stranger };
}

const refusedFor = (w: World, caller: Account, operator: { address: string }, parts = {}) =>
  w.refuses(caller, "advanceFor", [operator.address, operationsOf(parts)], "NotOperator", [
    caller.address,
    operator.address,
  ]);

describe("Market.setDelegate", () => {
  it("names one key, replaces it and takes it away, and logs it", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    for (const delegate of [w.stranger.address, w.challenger.address, ethers.ZeroAddress]) {
      const [event] = await w.send(operator!, "setDelegate", [delegate]);
      expect(told(event!)).to.deep.equal({
        name: "DelegateSet",
        operator: operator!.address,
        delegate,
      });
      expect(await w.market.delegateOf(operator!.address)).to.equal(delegate);
    }
  });
});

describe("A delegate", () => {
  it("claims, commits and settles in the operator's name, with the operator's stake", async () => {
    const { w, operator, delegate } = await withDelegate();
    const workflow = await w.open();
    const offer = await w.offer(workflow, operator, [0, 1]);
    const [event] = await w.advance(operator, { claims: [w.claimCall(offer)] }, delegate);
    expect(event!.args.operator).to.equal(operator.address);
    expect((await w.account(operator.address)).locked).to.equal(1_002n);
    const { call, batch } = await w.commitCall(w.claimFrom(offer, 0));
    await w.advance(operator, { commits: [call] }, delegate);
    await ethers.provider.send("evm_increaseTime", [300]);
    await w.advance(operator, { settles: [w.settleCall(batch)] }, delegate);
    expect(await w.account(operator.address)).to.deep.equal({
      free: 10_000_000n,
      locked: 0n,
      owed: 2_000n,
    });
    expect(await w.account(delegate.address)).to.deep.equal({ free: 0n, locked: 0n, owed: 0n });
  });

  it("gives claims back, concedes and delivers the final proof", async () => {
    const { w, operator, delegate } = await withDelegate();
    const workflow = await w.open();
    const released = await w.claim(workflow, operator, [0], { slot: 0 });
    const conceded = await w.claim(workflow, operator, [300], { step: 1, slot: 1 });
    const final = await w.claim(workflow, operator, [492], { step: 2, slot: 2 });
    await w.send(delegate, "release", w.releaseArgs(released));
    const { commitments } = await w.commitCall(conceded);
    await w.send(delegate, "concede", w.concedeArgs(conceded, commitments));
    await w.send(delegate, "submitFinal", w.finalArgs(final));
    expect((await w.account(operator.address)).owed).to.equal(5_000n);
  });

  it("can't use what was assigned to itself, nor withdraw or unbond anything of the operator's", async () => {
    const { w, operator, delegate } = await withDelegate();
    const workflow = await w.open();
    const own = await w.offer(workflow, delegate, [0]);
    await w.refuses(
      delegate,
      "advanceFor",
      [operator.address, operationsOf({ claims: [w.claimCall(own)] })],
      "SignatureInvalid",
      [w.coordinator.address],
    );
    await w.settle(await w.matured(workflow, operator, [1]));
    await w.refuses(delegate, "withdrawOwed", [delegate.address], "NothingOwed", [
      delegate.address,
    ]);
    await w.refuses(delegate, "startUnbonding", [1], "StakeInsufficient", [0, 1]);
    await w.send(operator, "startUnbonding", [5]);
    await w.refuses(delegate, "withdrawStake", [delegate.address], "NothingUnbonding", []);
  });

  it("is refused once it was replaced or taken away, with every call", async () => {
    const { w, operator, delegate } = await withDelegate();
    const workflow = await w.open();
    const claim = await w.claim(workflow, operator, [0], { slot: 0 });
    const accepted = await w.claim(workflow, operator, [300], { step: 1, slot: 1 });
    const final = await w.claim(workflow, operator, [492], { step: 2, slot: 2 });
    const { commitments } = await w.commitCall(accepted);
    const { call } = await w.commitCall(claim);
    const conceding = w.concedeArgs(accepted, commitments);
    for (const next of [w.challenger.address, ethers.ZeroAddress]) {
      await w.send(operator, "setDelegate", [next]);
      const why: [string, unknown[]] = ["NotOperator", [delegate.address, operator.address]];
      await refusedFor(w, delegate, operator, { commits: [call] });
      await w.refuses(delegate, "release", w.releaseArgs(claim), ...why);
      await w.refuses(delegate, "concede", conceding, ...why);
      await w.refuses(delegate, "submitFinal", w.finalArgs(final), ...why);
    }
    await w.send(operator, "setDelegate", [delegate.address]);
    await w.advance(operator, { commits: [call] }, delegate);
  });

  it("acts for its operator only, and nobody else acts for that one", async () => {
    const { w, operator, delegate } = await withDelegate();
    await refusedFor(w, delegate, w.operators[1]!);
    await refusedFor(w, w.challenger, operator);
    await refusedFor(w, w.operators[1]!, operator);
  });

  it("names no delegate of its own for the operator: delegation is not handed on", async () => {
    const { w, operator, delegate } = await withDelegate();
    await w.send(delegate, "setDelegate", [w.challenger.address]);
    await refusedFor(w, w.challenger, operator);
  });

  it("nobody acts for the zero address, whose delegate is nobody", async () => {
    const w = await freshWorld();
    await refusedFor(w, w.stranger, { address: ethers.ZeroAddress });
  });

  it("an operator may use advanceFor for itself", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const offer = await w.offer(await w.open(), operator!, [0]);
    const bytes = operationsOf({ claims: [w.claimCall(offer)] });
    await w.send(operator!, "advanceFor", [operator!.address, bytes]);
    expect((await w.account(operator!.address)).locked).to.equal(501n);
  });
});
