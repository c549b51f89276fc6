import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { freshWorld, MIN_STAKE, range, UNBONDING_DELAY } from "../support/world";

const STAKE = 10_000_000n;
const WEEK = 7 * 86_400;

describe("Attack: stake withdrawal in the challenge window", () => {
  it("fails: the bond of an unmatured result is not free, however long ago unbonding began", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    await w.send(operator!, "startUnbonding", [STAKE - MIN_STAKE]);
    const batch = await w.commit(await w.claim(workflow, operator!, range(0, 10)), { wrong: [4] });
    await w.refuses(operator!, "startUnbonding", [MIN_STAKE], "StakeInsufficient", [
      MIN_STAKE - 5_010n,
      MIN_STAKE,
    ]);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 4));
    await time.increase(UNBONDING_DELAY);
    await w.send(operator!, "withdrawStake", [operator!.address]);
    expect((await w.account(operator!.address)).locked).to.equal(9n * 501n);
  });

  it("fails with everything else withdrawn: the longest claim and window end before an unbonding does", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ steps: w.steps({ claimTime: WEEK, window: WEEK }) });
    const [operator] = w.operators;
    const claimBy = (await time.latest()) + 600;
    const claim = await w.claim(workflow, operator!, [0], { claimBy });
    await w.send(operator!, "startUnbonding", [STAKE - 501n]);
    const { time: deadline } = await w.market.slotOf(operator!.address, 0);
    await time.setNextBlockTimestamp(deadline);
    const batch = await w.commit(claim, { wrong: [0] });
    const { time: maturesAt } = await w.market.slotOf(operator!.address, 0);
    const [, availableAt] = await w.market.unbondingOf(operator!.address);
    expect(maturesAt < availableAt).to.equal(true);
    await time.setNextBlockTimestamp(maturesAt - 1n);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    expect(await w.account(operator!.address)).to.deep.equal({ free: 0n, locked: 0n, owed: 0n });
  });

  it("fails by releasing, conceding or committing twice: no call frees a committed bond before it matures", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [300], { step: 1 });
    const { call, batch } = await w.commitCall(claim);
    await w.advance(operator!, { commits: [call] });
    const why: [string, unknown[]] = ["SlotState", [0, 2, 1]];
    const signature = await w.releaseSignature(claim, claim.offer.assignment.mask);
    await w.refuses(operator!, "release", w.releaseArgs(claim, signature), ...why);
    await w.refuses(operator!, "concede", w.concedeArgs(claim, call.commitments), ...why);
    await w.refuses(operator!, "expire", w.expireArgs(claim), ...why);
    await w.refusesOperations(operator!, { commits: [call] }, ...why);
    await w.refusesOperations(operator!, { settles: [w.settleCall(batch)] }, "NotMatured");
    expect((await w.account(operator!.address)).locked).to.equal(300n);
  });

  it("leaves no claim below the minimum stake, so nobody works with pocket money after withdrawing", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    await w.send(operator!, "startUnbonding", [STAKE - MIN_STAKE + 1n]);
    const offer = await w.offer(await w.open(), operator!, [0]);
    const claims = [w.claimCall(offer)];
    const short = [MIN_STAKE - 1n, MIN_STAKE];
    await w.refusesOperations(operator!, { claims }, "StakeBelowMinimum", short);
  });
});
