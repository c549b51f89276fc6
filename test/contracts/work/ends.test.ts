import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { maskOf, withMask } from "../../../protocol/ticket";
import { freshWorld, range } from "../support/world";

describe("Market.release", () => {
  it("gives a claim back free of penalty, with the coordinator's signature, and opens its tasks", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator, next] = w.operators;
    const claim = await w.claim(workflow, operator!, [4, 6]);
    const [event] = await w.send(operator!, "release", [
      0,
      claim.ticket,
      0,
      await w.releaseSignature(claim, maskOf([4, 6])),
    ]);
    expect(event!.args.toArray()).to.deep.equal([
      operator!.address,
      BigInt(workflow.id),
      0n,
      0n,
      maskOf([4, 6]),
    ]);
    expect(await w.account(operator!.address)).to.deep.equal({
      free: 10_000_000n,
      locked: 0n,
      owed: 0n,
    });
    expect(await w.market.taskWordOf(workflow.id, 0)).to.deep.equal([maskOf([4, 6]), 0n]);
    expect(await w.market.retryOf(workflow.id, 6)).to.deep.equal([1n, true]);
    await w.claim(workflow, next!, [4, 6], { attempt: 2 });
  });

  it("gives back a part; the rest stays claimed", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [4, 6]);
    await w.send(operator!, "release", [
      0,
      claim.ticket,
      maskOf([4]),
      await w.releaseSignature(claim, maskOf([4])),
    ]);
    expect((await w.account(operator!.address)).locked).to.equal(501n);
    await w.commit({ ...claim, ticket: withMask(claim.ticket, maskOf([6])) });
  });

  it("refuses without the signature, one for other tasks, and one of another attempt", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [4, 6]);
    const unsigned = [
      "0x",
      await w.releaseSignature(claim, maskOf([4, 6]), w.stranger),
      await w.releaseSignature(claim, maskOf([6])),
    ];
    for (const signature of unsigned)
      await w.refuses(
        operator!,
        "release",
        [0, claim.ticket, maskOf([4]), signature],
        "SignatureInvalid",
        [w.coordinator.address],
      );
    const signature = await w.releaseSignature(claim, maskOf([4, 6]));
    await w.send(operator!, "release", [0, claim.ticket, 0, signature]);
    const again = await w.claim(workflow, operator!, [4, 6], { attempt: 2 });
    await w.refuses(operator!, "release", [0, again.ticket, 0, signature], "SignatureInvalid", [
      w.coordinator.address,
    ]);
  });

  it("refuses tasks outside the claim, and claims past their deadline", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [4]);
    await w.refuses(operator!, "release", [0, claim.ticket, 1n, "0x"], "MaskInvalid", [1n, 16n]);
    const { time: deadline } = await w.market.slotOf(operator!.address, 0);
    await time.increaseTo(deadline);
    await w.refuses(operator!, "release", [0, claim.ticket, 0, "0x"], "DeadlinePassed", [deadline]);
    await w.refuses(operator!, "release", [1, claim.ticket, 0, "0x"], "SlotState", [1, 0, 1]);
  });
});

describe("Market.concede", () => {
  it("ends tasks that were not accepted, unpaid and unpenalised, and logs what was offered", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator, next] = w.operators;
    const claim = await w.claim(workflow, operator!, [300, 301], { step: 1 });
    const { commitments } = await w.commitCall(claim, { accept: false, tasks: [301] });
    const events = await w.send(operator!, "concede", [
      0,
      claim.ticket,
      maskOf([301]),
      commitments,
    ]);
    expect(events.map((event) => event.name)).to.deep.equal(["Released", "Conceded"]);
    expect(events[1]!.args.commitments.toArray()).to.deep.equal(commitments);
    expect((await w.account(operator!.address)).locked).to.equal(300n);
    await w.claim(workflow, next!, [301], { step: 1, attempt: 2 });
  });

  it("refuses under another rule, and another number of commitments", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const verified = await w.claim(workflow, operator!, [0]);
    await w.refuses(operator!, "concede", [0, verified.ticket, 0, []], "RuleMismatch", [0, 1]);
    const claim = await w.claim(workflow, operator!, [300], { step: 1, slot: 1 });
    await w.refuses(operator!, "concede", [1, claim.ticket, 0, []], "CommitmentCount", [0, 1]);
  });
});

describe("Market.expire", () => {
  it("ends a late claim for anyone, reopens all its tasks, and penalises a fifth of the bonds", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator, next] = w.operators;
    const claim = await w.claim(workflow, operator!, range(0, 10));
    await time.increase(601);
    const [event] = await w.send(w.stranger, "expire", [operator!.address, 0, claim.ticket]);
    expect(event!.args.toArray()).to.deep.equal([
      operator!.address,
      BigInt(workflow.id),
      0n,
      0n,
      1023n,
      w.stranger.address,
      1_002n,
      1_002n,
      0n,
    ]);
    expect((await w.account(w.stranger.address)).owed).to.equal(1_002n);
    expect(await w.market.taskWordOf(workflow.id, 0)).to.deep.equal([1023n, 0n]);
    for (const task of [0, 9])
      expect(await w.market.retryOf(workflow.id, task)).to.deep.equal([1n, true]);
    await w.claim(workflow, next!, range(0, 10), { attempt: 2 });
  });

  it("lets the holder end its own claim, at the same price", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0]);
    await time.increase(601);
    await w.send(operator!, "expire", [operator!.address, 0, claim.ticket]);
    expect(await w.account(operator!.address)).to.deep.equal({
      free: 10_000_000n - 101n,
      locked: 0n,
      owed: 101n,
    });
  });

  it("refuses at the deadline, twice, and for other tickets", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0]);
    const { time: deadline } = await w.market.slotOf(operator!.address, 0);
    await time.setNextBlockTimestamp(deadline);
    await w.refuses(
      w.stranger,
      "expire",
      [operator!.address, 0, claim.ticket],
      "DeadlineNotPassed",
      [deadline],
    );
    const other = withMask(claim.ticket, 3n);
    await w.refuses(w.stranger, "expire", [operator!.address, 0, other], "DigestMismatch", [0]);
    await w.send(w.stranger, "expire", [operator!.address, 0, claim.ticket]);
    await w.refuses(
      w.stranger,
      "expire",
      [operator!.address, 0, claim.ticket],
      "SlotState",
      [0, 3, 1],
    );
  });
});
