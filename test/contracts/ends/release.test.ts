import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { maskOf, packTicket, ticketStruct, unpackTicket, withMask } from "../../../protocol/ticket";
import { told } from "../support/events";
import { freshWorld } from "../support/world";

describe("Market.release", () => {
  it("gives a claim back free of penalty, with the coordinator's signature, and opens its tasks", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator, next] = w.operators;
    const claim = await w.claim(workflow, operator!, [4, 6]);
    const signature = await w.releaseSignature(claim, maskOf([4, 6]));
    const [event] = await w.send(operator!, "release", w.releaseArgs(claim, signature));
    expect(told(event!)).to.deep.equal({
      name: "Released",
      operator: operator!.address,
      workflow: BigInt(workflow.id),
      slot: 0n,
      word: 0n,
      mask: maskOf([4, 6]),
      penalty: 0n,
    });
    expect(await w.account(operator!.address)).to.deep.equal({
      free: 10_000_000n,
      locked: 0n,
      owed: 0n,
    });
    expect((await w.market.slotOf(operator!.address, 0)).state).to.equal(3n);
    expect(await w.market.taskWordOf(workflow.id, 0)).to.deep.equal([maskOf([4, 6]), 0n]);
    expect((await w.market.retryOf(workflow.id, 6)).toArray()).to.deep.equal([1n, true]);
    await w.claim(workflow, next!, [4, 6], { attempt: 2 });
  });

  it("gives back a part; the rest stays claimed", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [4, 6]);
    const signature = await w.releaseSignature(claim, maskOf([4]));
    await w.send(operator!, "release", w.releaseArgs(claim, signature, maskOf([4])));
    expect((await w.account(operator!.address)).locked).to.equal(501n);
    await w.commit({ ...claim, ticket: withMask(claim.ticket, maskOf([6])) });
  });

  it("refuses everybody else, also with the coordinator's signature", async () => {
    const w = await freshWorld();
    const [operator, other] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [4]);
    const args = w.releaseArgs(claim, await w.releaseSignature(claim, 16n));
    for (const account of [other!, w.coordinator, w.stranger])
      await w.refuses(account, "release", args, "NotOperator", [
        account.address,
        operator!.address,
      ]);
  });

  it("refuses a signature that is none, one by another, one for other tasks, and one of another attempt", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [4, 6]);
    const unsigned = [
      "0x00",
      await w.releaseSignature(claim, maskOf([4]), w.stranger),
      await w.releaseSignature(claim, maskOf([6])),
      await w.releaseSignature(claim, maskOf([4, 6])),
    ];
    const refused = [w.coordinator.address];
    for (const signature of unsigned) {
      const args = w.releaseArgs(claim, signature, maskOf([4]));
      await w.refuses(operator!, "release", args, "SignatureInvalid", refused);
    }
    const signature = await w.releaseSignature(claim, maskOf([4, 6]));
    await w.send(operator!, "release", w.releaseArgs(claim, signature));
    const again = await w.claim(workflow, operator!, [4, 6], { attempt: 2 });
    const replayed = w.releaseArgs(again, signature);
    await w.refuses(operator!, "release", replayed, "SignatureInvalid", refused);
  });

  it("refuses a signature by nobody for a workflow that does not exist", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [4]);
    const ticket = packTicket({ ...unpackTicket(claim.ticket), workflow: 9 });
    const args = w.releaseArgs({ ...claim, ticket }, `0x${"00".repeat(65)}`);
    await w.refuses(operator!, "release", args, "SignatureInvalid", [ethers.ZeroAddress]);
  });

  it("refuses tasks outside the claim, claims past their deadline, other slots and other tickets", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [4]);
    await w.refuses(operator!, "release", w.releaseArgs(claim, "0x", 1n), "MaskInvalid", [1n, 16n]);
    const elsewhere = w.releaseArgs({ ...claim, slot: 1 });
    await w.refuses(operator!, "release", elsewhere, "SlotState", [1, 0, 1]);
    const ticket = ticketStruct(claim.ticket);
    const cheaper = { ...ticket, money: ticket.money - (1n << 96n) };
    const args = [operator!.address, 0, cheaper, 0, "0x"];
    await w.refuses(operator!, "release", args, "DigestMismatch", [0]);
    const { time: deadline } = await w.market.slotOf(operator!.address, 0);
    await time.increaseTo(deadline);
    await w.refuses(operator!, "release", w.releaseArgs(claim), "DeadlinePassed", [deadline]);
  });

  it("refuses batches: what is committed is not given back", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const batch = await w.commit(await w.claim(await w.open(), operator!, [4]));
    await w.refuses(operator!, "release", w.releaseArgs(batch), "SlotState", [0, 2, 1]);
  });
});
