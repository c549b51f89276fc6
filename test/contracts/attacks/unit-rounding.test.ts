import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { LIMITS } from "../../../protocol/limits";
import { minimumEscrow } from "../../../protocol/terms";
import { maskOf, withMask } from "../../../protocol/ticket";
import { freshWorld, range } from "../support/world";

const BONDS = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 9n, 10n, 11n, 13n, 19n];

describe("Attack: amounts of a few units, to gain by rounding", () => {
  for (const bond of BONDS)
    it(`a bond of ${bond}: every penalty is at least a unit, and shares of a strike sum up to no more than it`, async () => {
      const w = await freshWorld();
      const workflow = await w.open({ steps: w.steps({ bond, ceiling: 1n }) });
      const [one, two] = w.operators;
      const late = await w.claim(workflow, one!, [0], { slot: 0 });
      const back = await w.claim(workflow, one!, [1], { slot: 1 });
      const wrong = await w.claim(workflow, two!, [2]);
      const [released] = await w.send(one!, "release", w.releaseArgs(back));
      const batch = await w.commit(wrong, { wrong: [2] });
      const [struck] = await w.send(w.challenger, "challenge", w.challengeArgs(batch, 2));
      await time.increase(601);
      const [expired] = await w.send(w.stranger, "expire", w.expireArgs(late));
      const up = (part: bigint) => (bond * part + 9_999n) / 10_000n;
      const down = (part: bigint) => (bond * part) / 10_000n;
      expect(released!.args.penalty).to.equal(up(1_000n));
      expect(expired!.args.penalty).to.equal(up(2_000n));
      const { toChallenger, toRequester, pot } = struck!.args;
      expect([toChallenger, toRequester, pot]).to.deep.equal([
        down(4_000n),
        down(3_000n),
        down(1_500n),
      ]);
      const burned = bond - toChallenger - toRequester - pot;
      expect(burned >= up(1_500n)).to.equal(true);
    });

  it("giving a claim back task by task costs at least as much as at once", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ steps: w.steps({ bond: 7n }) });
    const [one, two] = w.operators;
    const whole = await w.claim(workflow, one!, range(0, 8));
    const [at] = await w.send(one!, "release", w.releaseArgs(whole));
    let claim = await w.claim(workflow, two!, range(8, 8));
    let sum = 0n;
    for (const task of range(8, 8)) {
      const args = w.releaseArgs(claim, "0x", maskOf([task]));
      const [event] = await w.send(two!, "release", args);
      sum += event!.args.penalty as bigint;
      const rest = maskOf(range(task + 1, 15 - task));
      if (rest !== 0n) claim = { ...claim, ticket: withMask(claim.ticket, rest) };
    }
    expect([at!.args.penalty, sum]).to.deep.equal([6n, 8n]);
  });

  it("a fee is rounded down when it is paid and up where it is kept, so both fit the escrow", async () => {
    for (const feeBps of [1, 333, 1_999]) {
      const w = await freshWorld();
      const steps = w.steps({ ceiling: 1n, maxTasks: 3 }).slice(0, 1);
      const workflow = await w.open({ steps, feeBps });
      expect(minimumEscrow(steps, feeBps)).to.equal(4n);
      await w.settle(await w.matured(workflow, w.operators[0]!, range(0, 3)));
      await time.increaseTo(workflow.deadline + 1);
      await w.refuses(w.requester, "refund", [workflow.id], "NothingToRefund", [workflow.id]);
      await time.increase(900 + LIMITS.feeDelay);
      const [fee] = await w.send(w.coordinator, "payFee", [workflow.id]);
      expect(fee!.args.amount).to.equal(0n);
      const [refund] = await w.send(w.requester, "refund", [workflow.id]);
      expect(refund!.args.amount).to.equal(1n);
    }
  });
});
