import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { freshWorld, range } from "../support/world";

// Who fills blocks keeps others' transactions out of them for a while. What is left of each is what the clock leaves of it.

describe("Attack: blocks are stuffed around a deadline", () => {
  it("a late commit costs a fifth of its bonds, not the bonds, and the tasks are worked on again", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [victim] = w.operators;
    const claim = await w.claim(workflow, victim!, range(0, 10));
    const { call } = await w.commitCall(claim);
    const { time: deadline } = await w.market.slotOf(victim!.address, 0);
    await time.setNextBlockTimestamp(deadline + 1n);
    await w.refusesOperations(victim!, { commits: [call] }, "DeadlinePassed", [deadline]);
    await w.send(w.stranger, "expire", w.expireArgs(claim));
    expect((await w.account(victim!.address)).free).to.equal(10_000_000n - 1_002n);
    await w.claim(workflow, victim!, range(0, 10), { attempt: 2 });
  });

  it("an expire in the deadline's own block is too early: a commit in it still counts", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0]);
    const { time: deadline } = await w.market.slotOf(operator!.address, 0);
    await time.setNextBlockTimestamp(deadline);
    await w.refuses(w.stranger, "expire", w.expireArgs(claim), "DeadlineNotPassed", [deadline]);
    expect((await w.market.slotOf(operator!.address, 0)).state).to.equal(1n);
  });

  it("a delayed commit does not shorten the challenge window, which counts from the commit's own block", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0]);
    const { time: deadline } = await w.market.slotOf(operator!.address, 0);
    await time.setNextBlockTimestamp(deadline);
    const batch = await w.commit(claim, { wrong: [0] });
    const { time: maturesAt } = await w.market.slotOf(operator!.address, 0);
    expect(maturesAt).to.equal(deadline + 300n);
    await time.setNextBlockTimestamp(maturesAt - 1n);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
  });

  it("a delayed claim is refused once its offer has run out, and locks nothing", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [victim, next] = w.operators;
    const claimBy = (await time.latest()) + 60;
    const offer = await w.offer(workflow, victim!, [0], { claimBy });
    await time.setNextBlockTimestamp(claimBy + 1);
    await w.refusesOperations(victim!, { claims: [w.claimCall(offer)] }, "ClaimByInvalid", [
      claimBy,
      claimBy + 601,
    ]);
    expect((await w.account(victim!.address)).locked).to.equal(0n);
    await w.claim(workflow, next!, [0]);
  });

  it("a delayed settlement, withdrawal or refund loses nothing, however late", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ feeBps: 0 });
    const [operator] = w.operators;
    const batch = await w.commit(await w.claim(workflow, operator!, [0]));
    await time.increase(365 * 86_400);
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 0), "Matured");
    await w.send(w.requester, "refund", [workflow.id]);
    await w.settle(batch);
    expect((await w.account(operator!.address)).owed).to.equal(1_000n);
  });
});
