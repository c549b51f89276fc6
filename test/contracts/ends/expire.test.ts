import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { withMask } from "../../../protocol/ticket";
import { told } from "../support/events";
import { freshWorld, range } from "../support/world";

describe("Market.expire", () => {
  it("ends a late claim for anyone, reopens all its tasks, and penalises a fifth of the bonds", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator, next] = w.operators;
    const claim = await w.claim(workflow, operator!, range(0, 10));
    await time.increase(601);
    const [event] = await w.send(w.stranger, "expire", w.expireArgs(claim));
    expect(told(event!)).to.deep.equal({
      name: "Expired",
      operator: operator!.address,
      workflow: BigInt(workflow.id),
      slot: 0n,
      word: 0n,
      mask: 1023n,
      by: w.stranger.address,
      penalty: 1_002n,
      gasRefund: 1_002n,
      burned: 0n,
    });
    expect((await w.account(w.stranger.address)).owed).to.equal(1_002n);
    expect(await w.market.taskWordOf(workflow.id, 0)).to.deep.equal([1023n, 0n]);
    for (const task of [0, 9])
      expect((await w.market.retryOf(workflow.id, task)).toArray()).to.deep.equal([1n, true]);
    await w.claim(workflow, next!, range(0, 10), { attempt: 2 });
  });

  it("caps the gas refund, and burns the rest of the penalty", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ steps: w.steps({ bond: 1_000_000n }) });
    const claim = await w.claim(workflow, w.operators[0]!, [0]);
    await time.increase(601);
    const [event] = await w.send(w.stranger, "expire", w.expireArgs(claim));
    const { penalty, gasRefund, burned } = event!.args;
    expect([penalty, gasRefund, burned]).to.deep.equal([200_000n, 10_000n, 190_000n]);
  });

  it("lets the holder end its own claim, at the same price", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0]);
    await time.increase(601);
    await w.send(operator!, "expire", w.expireArgs(claim));
    expect(await w.account(operator!.address)).to.deep.equal({
      free: 10_000_000n - 101n,
      locked: 0n,
      owed: 101n,
    });
  });

  it("ends what is left of a claim after a part was committed", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, range(0, 4));
    await w.commit(claim, { tasks: [0, 2], partSlot: 1 });
    const rest = { ...claim, ticket: withMask(claim.ticket, 0b1010n) };
    await time.increase(601);
    const [event] = await w.send(w.stranger, "expire", w.expireArgs(rest));
    expect([event!.args.mask, event!.args.penalty]).to.deep.equal([0b1010n, 201n]);
    expect((await w.market.slotOf(operator!.address, 1)).state).to.equal(2n);
  });

  it("works long after the workflow is over", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const claim = await w.claim(workflow, w.operators[0]!, [0]);
    await w.send(w.requester, "cancel", [workflow.id]);
    await time.increase(10 * 86_400);
    await w.send(w.stranger, "expire", w.expireArgs(claim));
    expect((await w.market.taskWordOf(workflow.id, 0)).spent).to.equal(0n);
  });

  it("refuses at the deadline, twice, for other tickets, and batches", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0]);
    const batch = await w.commit(await w.claim(await w.open(), operator!, [0], { slot: 1 }));
    const args = w.expireArgs(claim);
    const { time: deadline } = await w.market.slotOf(operator!.address, 0);
    await time.setNextBlockTimestamp(deadline);
    await w.refuses(w.stranger, "expire", args, "DeadlineNotPassed", [deadline]);
    const other = w.expireArgs({ ...claim, ticket: withMask(claim.ticket, 3n) });
    await w.refuses(w.stranger, "expire", other, "DigestMismatch", [0]);
    await w.refuses(w.stranger, "expire", w.expireArgs(batch), "SlotState", [1, 2, 1]);
    await w.send(w.stranger, "expire", args);
    await w.refuses(w.stranger, "expire", args, "SlotState", [0, 3, 1]);
  });
});
