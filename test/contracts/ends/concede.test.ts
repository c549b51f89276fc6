import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { maskOf } from "../../../protocol/ticket";
import { told } from "../support/events";
import { freshWorld, ZERO32, type World } from "../support/world";

const accepted = async (w: World, tasks = [300, 301]) =>
  w.claim(await w.open(), w.operators[0]!, tasks, { step: 1 });

describe("Market.concede", () => {
  it("ends tasks that were not accepted, unpaid and unpenalised, and logs what was offered", async () => {
    const w = await freshWorld();
    const [operator, next] = w.operators;
    const claim = await accepted(w);
    const { commitments } = await w.commitCall(claim, { accept: false, tasks: [301] });
    const args = w.concedeArgs(claim, commitments, maskOf([301]));
    const events = await w.send(operator!, "concede", args);
    expect(events.map((event) => event.name)).to.deep.equal(["Released", "Conceded"]);
    expect(told(events[0]!)).to.deep.equal({
      name: "Released",
      operator: operator!.address,
      workflow: 1n,
      slot: 0n,
      word: 1n,
      mask: maskOf([301]),
      penalty: 0n,
    });
    const { operator: by, workflow, slot, commitments: offered } = events[1]!.args;
    expect([by, workflow, slot]).to.deep.equal([operator!.address, 1n, 0n]);
    expect(offered.toArray()).to.deep.equal(commitments);
    expect(await w.account(operator!.address)).to.deep.equal({
      free: 10_000_000n - 300n,
      locked: 300n,
      owed: 0n,
    });
    await w.claim(claim.offer.workflow, next!, [301], { step: 1, attempt: 2 });
  });

  it("takes all tasks where no mask is named, and the call from the delegate", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await accepted(w);
    await w.send(operator!, "setDelegate", [w.stranger.address]);
    await w.send(w.stranger, "concede", w.concedeArgs(claim, [ZERO32, ZERO32]));
    expect((await w.market.slotOf(operator!.address, 0)).state).to.equal(3n);
    expect((await w.account(operator!.address)).free).to.equal(10_000_000n);
  });

  it("refuses under another rule, and another number of commitments", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const verified = await w.claim(await w.open(), operator!, [0], { slot: 1 });
    const args = w.concedeArgs(verified, []);
    await w.refuses(operator!, "concede", args, "RuleMismatch", [0, 1]);
    const claim = await accepted(w);
    for (const [commitments, mask, needed] of [
      [[], 0n, 2],
      [[ZERO32], 0n, 2],
      [[ZERO32, ZERO32], maskOf([300]), 1],
    ] as const)
      await w.refuses(
        operator!,
        "concede",
        w.concedeArgs(claim, [...commitments], mask),
        "CommitmentCount",
        [commitments.length, needed],
      );
  });

  it("refuses everybody else, tasks outside the claim, other slots and tickets, and claims past their deadline", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await accepted(w, [300]);
    const args = w.concedeArgs(claim, [ZERO32]);
    const others = [w.coordinator.address, operator!.address];
    await w.refuses(w.coordinator, "concede", args, "NotOperator", others);
    const [mine, outside] = [maskOf([300]), maskOf([301])];
    const elsewhere = w.concedeArgs(claim, [ZERO32], outside);
    await w.refuses(operator!, "concede", elsewhere, "MaskInvalid", [outside, mine]);
    const empty = w.concedeArgs({ ...claim, slot: 3 }, [ZERO32]);
    await w.refuses(operator!, "concede", empty, "SlotState", [3, 0, 1]);
    const other = { ...claim, ticket: { ...claim.ticket, root: ZERO32 } };
    const spoiled = w.concedeArgs(other, [ZERO32]);
    await w.refuses(operator!, "concede", spoiled, "DigestMismatch", [0]);
    const { time: deadline } = await w.market.slotOf(operator!.address, 0);
    await time.increaseTo(deadline);
    await w.refuses(operator!, "concede", args, "DeadlinePassed", [deadline]);
  });
});
