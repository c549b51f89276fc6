import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Hex } from "viem";
import { openCommitment } from "../../../protocol/commitment";
import { maskOf } from "../../../protocol/ticket";
import { freshWorld, WRONG_RESULT, ZERO32 } from "../support/world";

// A batch names its tasks by a mask, which has each of them once. What is left are openings, and claims of one task twice.

describe("Attack: the same task twice", () => {
  it("in one batch can't be written: a mask counts it once, so one commitment too many is refused", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [4, 4]);
    expect(claim.offer.assignment.mask).to.equal(maskOf([4]));
    const { call } = await w.commitCall(claim);
    expect(call.commitments.length).to.equal(1);
    const twice = { ...call, commitments: [call.commitments[0]!, call.commitments[0]!] };
    await w.refusesOperations(operator!, { commits: [twice] }, "CommitmentCount", [2, 1]);
  });

  it("in two claims is refused, by one assignment or by two", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const one = await w.offer(workflow, operator!, [4, 5]);
    const two = await w.offer(workflow, operator!, [5, 6]);
    const claims = [w.claimCall(one, 0), w.claimCall(two, 1)];
    await w.refusesOperations(operator!, { claims }, "TaskTaken", [5, 1]);
    await w.advance(operator!, { claims: [w.claimCall(one, 0)] });
    await w.refusesOperations(operator!, { claims: [w.claimCall(one, 1)] }, "TaskTaken", [4, 1]);
  });

  it("by one commitment at two places: the second is no commitment for its task, and can't be defended", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [4, 5]);
    const { call, results } = await w.commitCall(claim, { wrong: [4] });
    const commitments: Hex[] = [call.commitments[0]!, call.commitments[0]!];
    await w.advance(operator!, { commits: [{ ...call, commitments }] });
    const batch = { ...claim, commitments, results };
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 4));
    // What is at task 5's place is of task 4: no result fits it, right or wrong, so `demand` will strike it (see demands).
    for (const result of [WRONG_RESULT, results[1]!]) {
      const args = w.challengeArgs(batch, 5, { result });
      await w.refuses(w.challenger, "challenge", args, "CommitmentMismatch");
    }
  });

  it("by opening one wrong result for another task, or from another place, strikes nothing", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [4, 5]);
    const batch = await w.commit(claim, { wrong: [4] });
    const opened = { commitment: openCommitment(batch.commitments, 0) };
    const other = w.challengeArgs(batch, 5, { batch: opened, result: WRONG_RESULT });
    const why: [string, unknown[]] = ["CommitmentMismatch", [ZERO32, batch.commitments[0]]];
    await w.refuses(w.challenger, "challenge", other, ...why);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 4));
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 4), "AlreadyStruck", [4, 1]);
    expect((await w.market.slotOf(operator!.address, 0)).removed).to.equal(1n);
  });

  it("in one take-over of two claims: a task is taken from the one that holds it, once", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [late, next] = w.operators;
    const claim = await w.claim(workflow, late!, [4]);
    await time.increase(601);
    const offer = await w.offer(workflow, next!, [4], { attempt: 2 });
    const takeOver = { holder: late!.address as Hex, slot: 0, ticket: claim.ticket };
    const claims = [w.claimCall(offer, 0, { takeOvers: [takeOver, takeOver] })];
    const where = [late!.address, 0];
    await w.refusesOperations(next!, { claims }, "TakeOverInvalid", where);
    expect((await w.account(late!.address)).free).to.equal(10_000_000n - 501n);
  });

  it("is not paid twice by settling its batch in two ways", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const batch = await w.matured(await w.open(), operator!, [4]);
    const settles = [w.settleCall(batch), w.settleCall(batch)];
    await w.refusesOperations(operator!, { settles }, "SlotState", [0, 3, 2]);
    await w.settle(batch);
    expect((await w.account(operator!.address)).owed).to.equal(1_000n);
  });
});
