import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Hex } from "viem";
import { maskOf, withMask } from "../../../protocol/ticket";
import { told } from "../support/events";
import { freshWorld, range, type Claim, type World } from "../support/world";

const takeOver = (claim: Claim) => ({
  holder: claim.offer.operator.address as Hex,
  slot: claim.slot,
  ticket: claim.ticket,
});

async function expiredClaim(w: World, tasks = range(0, 4)) {
  const workflow = await w.open();
  const claim = await w.claim(workflow, w.operators[0]!, tasks);
  await time.increase(601);
  return { workflow, claim };
}

describe("Market.advance: take-over", () => {
  it("ends an expired claim with its penalty and claims its tasks in the same transaction", async () => {
    const w = await freshWorld();
    const { workflow, claim } = await expiredClaim(w);
    const [late, next] = w.operators;
    const offer = await w.offer(workflow, next!, range(0, 4), { attempt: 2, price: 800n });
    const events = await w.advance(next!, {
      claims: [w.claimCall(offer, 0, { takeOvers: [takeOver(claim)] })],
    });
    expect(events.map((event) => event.name)).to.deep.equal(["Expired", "Advanced"]);
    // A fifth of four bonds of 501, rounded up; MIN_STAKE / 100 would be 10,000, so the whole penalty is the gas refund.
    expect(told(events[0]!)).to.deep.equal({
      name: "Expired",
      operator: late!.address,
      workflow: BigInt(workflow.id),
      slot: 0n,
      word: 0n,
      mask: 15n,
      by: next!.address,
      penalty: 401n,
      gasRefund: 401n,
      burned: 0n,
    });
    expect(await w.account(late!.address)).to.deep.equal({
      free: 10_000_000n - 401n,
      locked: 0n,
      owed: 0n,
    });
    expect((await w.account(next!.address)).owed).to.equal(401n);
    expect((await w.market.slotOf(late!.address, 0)).state).to.equal(3n);
    expect(await w.market.taskWordOf(workflow.id, 0)).to.deep.equal([15n, 3_200n]);
    expect((await w.market.retryOf(workflow.id, 0)).toArray()).to.deep.equal([0n, false]);
  });

  it("takes a part and leaves the rest, expired, in the holder's slot; only the last part pays the gas refund", async () => {
    const w = await freshWorld();
    const { workflow, claim } = await expiredClaim(w);
    const [late, next, third] = w.operators;
    const offer = await w.offer(workflow, next!, [1, 2], { attempt: 2 });
    const events = await w.advance(next!, {
      claims: [w.claimCall(offer, 0, { takeOvers: [takeOver(claim)] })],
    });
    expect([events[0]!.args.mask, events[0]!.args.gasRefund]).to.deep.equal([maskOf([1, 2]), 0n]);
    expect((await w.market.slotOf(late!.address, 0)).state).to.equal(1n);
    const rest = { ...claim, ticket: withMask(claim.ticket, maskOf([0, 3])) };
    const last = await w.offer(workflow, third!, [0, 3], { attempt: 2 });
    const more = await w.advance(third!, {
      claims: [w.claimCall(last, 0, { takeOvers: [takeOver(rest)] })],
    });
    expect(more[0]!.args.gasRefund).to.equal(201n);
    expect((await w.market.slotOf(late!.address, 0)).state).to.equal(3n);
  });

  it("caps the gas refund and burns the rest of the penalty", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ steps: w.steps({ bond: 1_000_000n }) });
    const claim = await w.claim(workflow, w.operators[0]!, [0]);
    await time.increase(601);
    const offer = await w.offer(workflow, w.operators[1]!, [0], { attempt: 2 });
    const [event] = await w.advance(w.operators[1]!, {
      claims: [w.claimCall(offer, 0, { takeOvers: [takeOver(claim)] })],
    });
    expect([event!.args.penalty, event!.args.gasRefund, event!.args.burned]).to.deep.equal([
      200_000n,
      10_000n,
      190_000n,
    ]);
  });

  it("takes over from several holders at once, along with fresh and reopened tasks", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [one, two, next] = w.operators;
    const a = await w.claim(workflow, one!, [0, 1]);
    const b = await w.claim(workflow, two!, [2]);
    const released = await w.claim(workflow, two!, [3], { slot: 1 });
    const consent = await w.releaseSignature(released, maskOf([3]));
    await w.send(two!, "release", w.releaseArgs(released, consent));
    await time.increase(601);
    const offer = await w.offer(workflow, next!, range(0, 6), { attempt: 2 });
    await w.advance(next!, {
      claims: [w.claimCall(offer, 0, { takeOvers: [takeOver(a), takeOver(b)] })],
    });
    expect(await w.market.taskWordOf(workflow.id, 0)).to.deep.equal([63n, 6_000n]);
    expect((await w.market.retryOf(workflow.id, 3)).toArray()).to.deep.equal([1n, false]);
  });

  it("refuses before the deadline has passed", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const claim = await w.claim(workflow, w.operators[0]!, [0]);
    const offer = await w.offer(workflow, w.operators[1]!, [0], { attempt: 2 });
    const deadline = (await w.market.slotOf(w.operators[0]!.address, 0)).time;
    await w.refusesOperations(
      w.operators[1]!,
      { claims: [w.claimCall(offer, 0, { takeOvers: [takeOver(claim)] })] },
      "DeadlineNotPassed",
      [deadline],
    );
  });

  it("refuses a stale attempt, a claim of other tasks, and a claim taken over twice", async () => {
    const w = await freshWorld();
    const { workflow, claim } = await expiredClaim(w);
    const [late, next] = w.operators;
    const invalid = [late!.address, 0];
    const stale = await w.offer(workflow, next!, [0], { attempt: 1 });
    await w.refusesOperations(
      next!,
      { claims: [w.claimCall(stale, 0, { takeOvers: [takeOver(claim)] })] },
      "TakeOverInvalid",
      invalid,
    );
    const elsewhere = await w.offer(workflow, next!, [9], { attempt: 2 });
    await w.refusesOperations(
      next!,
      { claims: [w.claimCall(elsewhere, 0, { takeOvers: [takeOver(claim)] })] },
      "TakeOverInvalid",
      invalid,
    );
    const otherWord = await w.offer(workflow, next!, [192], { attempt: 2 });
    await w.refusesOperations(
      next!,
      { claims: [w.claimCall(otherWord, 0, { takeOvers: [takeOver(claim)] })] },
      "TakeOverInvalid",
      invalid,
    );
    const twice = await w.offer(workflow, next!, range(0, 4), { attempt: 2 });
    await w.refusesOperations(
      next!,
      { claims: [w.claimCall(twice, 0, { takeOvers: [takeOver(claim), takeOver(claim)] })] },
      "TakeOverInvalid",
      invalid,
    );
    const another = await w.open();
    await w.claim(another, w.operators[2]!, [0]);
    const foreign = await w.offer(another, next!, [0], { attempt: 2 });
    await w.refusesOperations(
      next!,
      { claims: [w.claimCall(foreign, 0, { takeOvers: [takeOver(claim)] })] },
      "TakeOverInvalid",
      invalid,
    );
  });

  it("refuses the operator's own expired claim, which `expire` ends", async () => {
    const w = await freshWorld();
    const { workflow, claim } = await expiredClaim(w);
    const [late] = w.operators;
    const offer = await w.offer(workflow, late!, [0], { attempt: 2 });
    await w.refusesOperations(
      late!,
      { claims: [w.claimCall(offer, 1, { takeOvers: [takeOver(claim)] })] },
      "OwnClaim",
      [late!.address],
    );
  });

  it("keeps fencing: what was taken over can't be claimed again by an older assignment", async () => {
    const w = await freshWorld();
    const { workflow, claim } = await expiredClaim(w, [0]);
    const [late, next, third] = w.operators;
    const offer = await w.offer(workflow, next!, [0], { attempt: 3 });
    await w.advance(next!, { claims: [w.claimCall(offer, 0, { takeOvers: [takeOver(claim)] })] });
    const taken = w.claimFrom(offer, 0);
    const signature = await w.releaseSignature(taken, 1n);
    await w.send(next!, "release", w.releaseArgs(taken, signature));
    for (const attempt of [1, 2, 3]) {
      const stale = await w.offer(workflow, third!, [0], { attempt });
      await w.refusesOperations(third!, { claims: [w.claimCall(stale)] }, "TaskTaken", [
        0,
        attempt,
      ]);
    }
    await w.claim(workflow, late!, [0], { attempt: 4 });
  });
});
