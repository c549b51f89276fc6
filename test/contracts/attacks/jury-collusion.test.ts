import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import {
  BOND,
  bystanders,
  CALL_BOND,
  CHECK,
  courtSteps,
  FEE,
  freshCourt,
  PRICE,
  SHARE,
  SMALL,
  stake,
  TASK,
  WINDOW,
} from "../support/court";
import { MIN_STAKE, range } from "../support/world";

const STAKE = 10_000_000n;
const task = TASK.jury;

describe("Attack: jurors collude below a majority", () => {
  for (const [name, votes] of [
    ["vote for a result that is wrong", [1, 1, 2, 2, 2]],
    ["stay silent", [0, 0, 2, 2, 2]],
    ["say that the inputs were wrong, so that nobody loses a bond", [3, 3, 2, 2, 2]],
  ] as const)
    it(`two of five ${name}: the three others decide, and alone are paid`, async () => {
      const court = await freshCourt();
      const { w } = court;
      const key = await court.call(await court.batch(task), task);
      const { jurors, events } = await court.judged(key, [...votes]);
      expect(events.at(-1)!.name).to.equal("Struck");
      const owed = await Promise.all(
        jurors.map(async ({ address }) => (await w.account(address)).owed),
      );
      expect(owed).to.deep.equal([0n, 0n, FEE, FEE, FEE]);
      expect((await w.account(w.operators[0]!.address)).free).to.equal(STAKE - BOND);
    });

  it("two of five call a right result wrong: the operator is paid, and the caller pays for it", async () => {
    const court = await freshCourt();
    const { w } = court;
    const key = await court.call(await court.batch(task), task);
    await court.judged(key, [2, 2, 1, 1, 1]);
    expect(await w.account(w.operators[0]!.address)).to.deep.equal({
      free: STAKE,
      locked: 0n,
      owed: PRICE + CALL_BOND - 3n * FEE,
    });
  });
});

describe("Attack: jurors vote as others do, without running anything", () => {
  it("fails: votes are sealed until none can be changed, and a seal names its juror", async () => {
    const court = await freshCourt();
    const { w } = court;
    const key = await court.call(await court.batch(task), task);
    const jurors = await court.sitting(key);
    await court.vote(key, jurors, [2]);
    await w.refuses(jurors[0]!, "openVote", [key, 2, ethers.ZeroHash], "DisputePhase");
    const { sealedVotes } = await w.market.juryOf(key);
    await w.send(jurors[1]!, "vote", [key, sealedVotes[0]]);
    await time.increase(WINDOW);
    await court.openVotes(key, jurors, [2]);
    const salt = `0x${"0".repeat(63)}7`;
    await w.refuses(jurors[1]!, "openVote", [key, 2, salt], "VoteMismatch");
    await w.refuses(jurors[1]!, "vote", [key, ethers.ZeroHash], "DisputePhase");
  });
});

describe("Attack: a pool is packed once the case is known", () => {
  it("fails: nobody joins between the call and the draw, and the seed is not known before", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [packer] = (await bystanders()).slice(5);
    await stake(w, packer!, 40n * MIN_STAKE);
    const key = await court.call(await court.batch(task), task);
    await w.refuses(packer!, "takeSeats", [CHECK, 32], "PoolDrawing", [CHECK]);
    const jurors = await court.sitting(key);
    expect(jurors.map(({ address }) => address)).to.not.include(packer!.address);
  });
});

describe("Attack: a case is struck to leave its pool frozen, and its jurors locked, for ever", () => {
  it("fails: whatever ends a case frees pool and jurors", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 2, wrong: [0, 1] });
    const [drawing, voting] = [await court.call(batch, 0), await court.call(batch, 1)];
    await court.sitting(voting);
    await w.send(w.challenger, "challengeDisputed", court.disputedArgs(batch, 0));
    await w.send(w.challenger, "challengeDisputed", court.disputedArgs(batch, 1));
    await w.refuses(w.stranger, "draw", [drawing], "DisputePhase");
    for (const juror of court.jurors)
      await w.send(juror, "leaveSeat", [CHECK, await court.seatNumber(juror)]);
    expect(await w.market.poolOf(CHECK)).to.deep.equal([0n, 0n]);
  });
});

describe("Attack: juries are called in masses on one's own tasks, to have jurors fined", () => {
  it("fails without a fee: a case that pays nothing fines nobody", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    const workflow = await w.open({ steps: courtSteps(w, { jurorFee: 0n }), requester: attacker });
    const batch = await w.commit(await w.claim(workflow, attacker!, range(0, 4)));
    for (const one of range(0, 4)) await court.call(batch, one, attacker);
    for (const one of range(0, 4)) await court.draw(court.key(batch, one));
    await time.increase(2 * WINDOW + 1);
    for (const one of range(0, 4)) await w.send(attacker!, "closeCase", [court.key(batch, one)]);
    for (const juror of court.jurors)
      expect((await w.market.jurorOf(CHECK, juror.address)).fine).to.equal(0n);
  });

  it("fails in windows too short to vote in: a step with a check program has ten minutes at least", async () => {
    const court = await freshCourt();
    const { w } = court;
    const steps = courtSteps(w).map((step) => ({ ...step, window: 599 }));
    const opening = w.open({ steps });
    await expect(opening)
      .to.be.revertedWithCustomError(w.market, "StepTermOutOfRange")
      .withArgs(0, ethers.encodeBytes32String("window"), 599, 600, 7 * 86_400);
  });
});

describe("Attack: unfounded calls of juries", () => {
  it("cost their bond: the jurors' fees and the operator's trouble are the caller's", async () => {
    const court = await freshCourt();
    const { w } = court;
    for (const one of range(task, 3)) {
      const key = await court.call(await court.batch(one, { slot: one }), one);
      await court.judged(key, [1, 1, 1, 1, 1]);
    }
    expect(await w.account(w.challenger.address)).to.deep.equal({
      free: 2n * MIN_STAKE - 3n * CALL_BOND,
      locked: 0n,
      owed: 0n,
    });
    expect((await w.account(w.operators[0]!.address)).owed).to.equal(
      3n * (PRICE + CALL_BOND - 5n * FEE),
    );
  });
});

describe("Attack: an operator appeals to a pool of its own seats, to be paid for what was not accepted", () => {
  it("fails: without a jury an appeal ends unpaid", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    await court.seat(attacker!, 8, SMALL);
    const workflow = await w.open({ steps: courtSteps(w, { checkProgram: SMALL }) });
    const claim = await w.claim(workflow, attacker!, [TASK.accepted], { step: 1 });
    const resultDigest = ethers.id("nothing at all");
    const args = court.appealArgs(claim, TASK.accepted, { resultDigest });
    await w.send(attacker!, "appeal", args);
    await court.draw(court.key(claim, TASK.accepted));
    expect((await w.account(attacker!.address)).owed).to.equal(0n);
    expect((await w.market.taskWordOf(workflow.id, 1)).spent).to.equal(0n);
  });

  it("and being struck after an appeal pays it nothing back", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    const claim = await w.claim(court.workflow, attacker!, [TASK.accepted], { step: 1 });
    await w.send(attacker!, "appeal", court.appealArgs(claim, TASK.accepted));
    await court.judged(court.key(claim, TASK.accepted), [2, 2, 2, 2, 2]);
    expect(await w.account(attacker!.address)).to.deep.equal({
      free: STAKE - BOND - 5n * FEE,
      locked: 0n,
      owed: 0n,
    });
    expect((await w.account(w.requester.address)).owed).to.equal(
      SHARE.challenger + SHARE.requester,
    );
  });
});
