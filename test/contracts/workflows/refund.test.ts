import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { minimumEscrow } from "../../../protocol/terms";
import { told } from "../support/events";
import { freshWorld } from "../support/world";

describe("Market.refund", () => {
  it("returns what nobody can spend any more, and later what claims gave back", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ extra: 40n });
    const claim = await w.claim(workflow, w.operators[0]!, [0, 1]);
    await w.send(w.requester, "cancel", [workflow.id]);
    const escrow = minimumEscrow(workflow.steps, 250) + 40n;
    const [event] = await w.send(w.stranger, "refund", [workflow.id]); // anyone may trigger what is due
    expect(told(event!)).to.deep.equal({
      name: "EscrowRefunded",
      workflow: BigInt(workflow.id),
      amount: escrow - 2_000n - 50n,
    });
    await w.refuses(w.stranger, "refund", [workflow.id], "NothingToRefund", [workflow.id]);
    const signature = await w.releaseSignature(claim, 1n);
    await w.send(w.operators[0]!, "release", w.releaseArgs(claim, signature, 1n));
    await w.send(w.stranger, "refund", [workflow.id]);
    expect((await w.account(w.requester.address)).owed).to.equal(escrow - 1_000n - 25n);
    expect((await w.market.workflowOf(workflow.id)).refunded).to.equal(escrow - 1_000n - 25n);
  });

  it("returns everything once the deadline has passed", async () => {
    const w = await freshWorld();
    const { id, deadline, steps } = await w.open();
    await time.increaseTo(deadline + 1);
    await w.send(w.requester, "refund", [id]);
    expect((await w.account(w.requester.address)).owed).to.equal(minimumEscrow(steps, 250));
  });

  it("returns a struck task's price after the strike", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ feeBps: 0 });
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, [0, 1]), { wrong: [1] });
    await w.send(w.requester, "cancel", [workflow.id]);
    await w.send(w.requester, "refund", [workflow.id]);
    const before = (await w.account(w.requester.address)).owed;
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 1));
    await w.send(w.requester, "refund", [workflow.id]);
    expect((await w.account(w.requester.address)).owed).to.equal(before + 1_000n + 150n); // price, and 30% of the bond of 501
  });

  it("refuses open and unknown workflows", async () => {
    const w = await freshWorld();
    const { id } = await w.open();
    await w.refuses(w.requester, "refund", [id], "WorkflowOpen", [id]);
    await w.refuses(w.requester, "refund", [9], "WorkflowUnknown", [9]);
  });
});
