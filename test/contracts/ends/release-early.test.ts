import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { maskOf, withMask } from "../../../protocol/ticket";
import { freshWorld, range } from "../support/world";

describe("Market.release without the coordinator's signature", () => {
  it("burns a tenth of the bonds, rounded up, and opens the tasks", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator, next] = w.operators;
    const claim = await w.claim(workflow, operator!, range(0, 10));
    const [event] = await w.send(operator!, "release", w.releaseArgs(claim));
    expect(event!.args.penalty).to.equal(501n);
    expect(await w.account(operator!.address)).to.deep.equal({
      free: 10_000_000n - 501n,
      locked: 0n,
      owed: 0n,
    });
    expect(w.ledger.burned).to.equal(501n);
    expect(await w.market.taskWordOf(workflow.id, 0)).to.deep.equal([1023n, 0n]);
    await w.claim(workflow, next!, range(0, 10), { attempt: 2 });
  });

  it("costs as much for the tasks of a part, and leaves the rest claimed", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [4, 6, 8]);
    const [event] = await w.send(operator!, "release", w.releaseArgs(claim, "0x", maskOf([4])));
    expect(event!.args.penalty).to.equal(51n); // a tenth of 501, rounded up
    expect((await w.account(operator!.address)).locked).to.equal(1_002n);
    await w.commit({ ...claim, ticket: withMask(claim.ticket, maskOf([6, 8])) });
  });

  it("costs half of what being late costs", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ steps: w.steps({ bond: 1_000n }) });
    const [early, late] = w.operators;
    const one = await w.claim(workflow, early!, [0]);
    const two = await w.claim(workflow, late!, [1]);
    const [released] = await w.send(early!, "release", w.releaseArgs(one));
    await time.increase(601);
    const [expired] = await w.send(w.stranger, "expire", w.expireArgs(two));
    expect([released!.args.penalty, expired!.args.penalty]).to.deep.equal([100n, 200n]);
  });

  it("is possible at the deadline, and not a second later", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [one, two] = w.operators;
    const first = await w.claim(workflow, one!, [0]);
    const second = await w.claim(workflow, two!, [1]);
    const { time: deadline } = await w.market.slotOf(one!.address, 0);
    await time.setNextBlockTimestamp(deadline);
    await w.send(one!, "release", w.releaseArgs(first));
    await time.setNextBlockTimestamp(deadline + 2n);
    const passed = [deadline + 1n];
    await w.refuses(two!, "release", w.releaseArgs(second), "DeadlinePassed", passed);
  });

  it("is possible under every rule, for a final task too, and after the workflow's end", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claims = [
      await w.claim(workflow, operator!, [0], { slot: 0 }),
      await w.claim(workflow, operator!, [300], { step: 1, slot: 1 }),
      await w.claim(workflow, operator!, [492], { step: 2, slot: 2 }),
    ];
    await w.send(w.requester, "cancel", [workflow.id]);
    const penalties: bigint[] = [];
    for (const claim of claims) {
      const [event] = await w.send(operator!, "release", w.releaseArgs(claim));
      penalties.push(event!.args.penalty as bigint);
    }
    expect(penalties).to.deep.equal([51n, 30n, 200n]);
  });
});
