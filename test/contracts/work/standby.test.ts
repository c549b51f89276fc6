import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Hex } from "viem";
import { freshWorld, type Claim, type World } from "../support/world";

// A coordinator may sign the next attempt while an earlier claim lives: it is worth nothing until that claim has ended unpaid.

const takeOver = (claim: Claim) => ({
  holder: claim.offer.operator.address as Hex,
  slot: claim.slot,
  ticket: claim.ticket,
});

/** A live claim of an accepted or verified task, and another operator's standby assignment of the next attempt. */
async function withStandby(w: World, options: { step?: number; task?: number } = {}) {
  const { step = 0, task = 0 } = options;
  const [holder, standby] = w.operators;
  const workflow = await w.open();
  const claim = await w.claim(workflow, holder!, [task], { step });
  const claimBy = (await time.latest()) + 600;
  const offer = await w.offer(workflow, standby!, [task], { step, attempt: 2, claimBy });
  return { workflow, holder: holder!, standby: standby!, claim, offer, task };
}

describe("A standby assignment: a later attempt, signed while an earlier claim lives", () => {
  it("can't be claimed while the claim lives, with or without naming it", async () => {
    const w = await freshWorld();
    const { standby, claim, offer, holder } = await withStandby(w);
    const { time: deadline } = await w.market.slotOf(holder.address, 0);
    await w.refusesOperations(standby, { claims: [w.claimCall(offer)] }, "TaskTaken", [0, 2]);
    await w.refusesOperations(
      standby,
      { claims: [w.claimCall(offer, 0, { takeOvers: [takeOver(claim)] })] },
      "DeadlineNotPassed",
      [deadline],
    );
  });

  it("can't be claimed once the result is committed, nor once it is paid", async () => {
    const w = await freshWorld();
    const { workflow, standby, claim, holder } = await withStandby(w);
    const batch = await w.commit(claim);
    const late = await w.offer(workflow, standby, [0], { attempt: 2 });
    const named = w.claimCall(late, 0, { takeOvers: [takeOver(claim)] });
    await w.refusesOperations(standby, { claims: [w.claimCall(late)] }, "TaskTaken", [0, 2]);
    await w.refusesOperations(standby, { claims: [named] }, "SlotState", [0, 2, 1]);
    await time.increase(300);
    await w.settle(batch);
    await w.refusesOperations(standby, { claims: [w.claimCall(late)] }, "TaskTaken", [0, 2]);
    await w.refusesOperations(standby, { claims: [named] }, "SlotState", [0, 3, 1]);
    expect((await w.account(holder.address)).owed).to.equal(1_000n);
  });

  it("is claimed once the holder has given the task back, consented or not", async () => {
    for (const consented of [true, false]) {
      const w = await freshWorld();
      const { workflow, standby, claim, offer, holder } = await withStandby(w);
      const signature = consented ? await w.releaseSignature(claim, 1n) : "0x";
      await w.send(holder, "release", w.releaseArgs(claim, signature));
      await w.advance(standby, { claims: [w.claimCall(offer)] });
      expect(await w.market.retryOf(workflow.id, 0)).to.deep.equal([1n, false]);
    }
  });

  it("is claimed once the holder has conceded", async () => {
    const w = await freshWorld();
    const { standby, claim, offer, holder } = await withStandby(w, { step: 1, task: 300 });
    const { commitments } = await w.commitCall(claim);
    await w.send(holder, "concede", w.concedeArgs(claim, commitments));
    await w.advance(standby, { claims: [w.claimCall(offer)] });
  });

  it("is claimed by take-over once the claim is late, and without it once somebody has ended the claim", async () => {
    for (const ended of [false, true]) {
      const w = await freshWorld();
      const [holder, standby] = w.operators;
      const workflow = await w.open();
      const claim = await w.claim(workflow, holder!, [0]);
      await time.increase(300);
      const claimBy = (await time.latest()) + 600;
      const offer = await w.offer(workflow, standby!, [0], { attempt: 2, claimBy });
      const { time: deadline } = await w.market.slotOf(holder!.address, 0);
      await time.increaseTo(deadline);
      if (ended) await w.send(w.stranger, "expire", w.expireArgs(claim));
      const takeOvers = ended ? [] : [takeOver(claim)];
      await w.advance(standby!, { claims: [w.claimCall(offer, 0, { takeOvers })] });
      expect((await w.account(holder!.address)).free).to.equal(10_000_000n - 101n);
    }
  });

  it("is claimed once the result was struck, and not before", async () => {
    const w = await freshWorld();
    const { standby, claim, offer } = await withStandby(w);
    const batch = await w.commit(claim, { wrong: [0] });
    await w.refusesOperations(standby, { claims: [w.claimCall(offer)] }, "TaskTaken", [0, 2]);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    await w.advance(standby, { claims: [w.claimCall(offer)] });
  });

  it("does not fence the attempt before it: the holder of that commits and is paid", async () => {
    const w = await freshWorld();
    const { claim, holder } = await withStandby(w);
    const batch = await w.commit(claim);
    await time.increase(300);
    await w.settle(batch);
    expect((await w.account(holder.address)).owed).to.equal(1_000n);
  });

  it("loses to a later one that is claimed first, and is fenced when that ends", async () => {
    const w = await freshWorld();
    const { workflow, standby, claim, offer, holder } = await withStandby(w);
    const third = w.operators[2]!;
    const release = (one: Claim) => w.send(one.offer.operator, "release", w.releaseArgs(one));
    await release(claim);
    const later = await w.claim(workflow, third, [0], { attempt: 3 });
    await w.refusesOperations(standby, { claims: [w.claimCall(offer)] }, "TaskTaken", [0, 2]);
    await release(later);
    await w.refusesOperations(standby, { claims: [w.claimCall(offer)] }, "TaskTaken", [0, 2]);
    await w.claim(workflow, holder, [0], { attempt: 4 });
  });
});
