import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { encodeBytes32String, ZeroAddress } from "ethers";
import { freshWorld, UNIT } from "../support/world";

describe("Market.topUp", () => {
  it("adds to the escrow, whoever pays", async () => {
    const w = await freshWorld();
    const { id } = await w.open();
    const before = (await w.market.workflowOf(id)).escrow;
    const [event] = await w.send(w.stranger, "topUp", [id], { value: 7n * UNIT });
    expect(event!.args.toArray()).to.deep.equal([BigInt(id), 7n]);
    expect((await w.market.workflowOf(id)).escrow).to.equal(before + 7n);
  });

  it("refuses an unknown or closed workflow, and fractions of a unit", async () => {
    const w = await freshWorld();
    const { id } = await w.open();
    await w.refuses(w.stranger, "topUp", [9], "WorkflowUnknown", [9], { value: UNIT });
    await w.refuses(w.stranger, "topUp", [id], "AmountInvalid", [1], { value: 1n });
    await w.send(w.requester, "cancel", [id]);
    await w.refuses(w.stranger, "topUp", [id], "WorkflowClosed", [id], { value: UNIT });
  });
});

describe("Market.extendDeadline", () => {
  it("lets the requester move the deadline on", async () => {
    const w = await freshWorld();
    const { id, deadline } = await w.open();
    const [event] = await w.send(w.requester, "extendDeadline", [id, deadline + 5]);
    expect(event!.args.toArray()).to.deep.equal([BigInt(id), BigInt(deadline + 5)]);
    expect((await w.market.workflowOf(id)).deadline).to.equal(BigInt(deadline + 5));
  });

  it("refuses to shorten it, or to move it more than a year ahead", async () => {
    const w = await freshWorld();
    const { id, deadline } = await w.open();
    await w.refuses(w.requester, "extendDeadline", [id, deadline], "TermOutOfRange");
    const far = (await time.latest()) + 365 * 86_400 + 10;
    await w.refuses(w.requester, "extendDeadline", [id, far], "TermOutOfRange", [
      encodeBytes32String("deadline"),
      far,
      deadline + 1,
      (await time.latest()) + 365 * 86_400 + 1,
    ]);
  });

  it("refuses others, unknown workflows, and a deadline that has passed: the escrow may be refunded by then", async () => {
    const w = await freshWorld();
    const { id, deadline } = await w.open();
    await w.refuses(w.coordinator, "extendDeadline", [id, deadline + 5], "NotRequester", [
      w.coordinator.address,
    ]);
    await w.refuses(w.requester, "extendDeadline", [9, deadline + 5], "WorkflowUnknown", [9]);
    await time.increaseTo(deadline + 1);
    await w.refuses(w.requester, "extendDeadline", [id, deadline + 1_000], "WorkflowClosed", [id]);
  });
});

describe("Market.replaceCoordinator", () => {
  it("lets the requester name another, whose signature counts from then on", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const old = await w.offer(workflow, w.operators[0]!, [0]);
    const [event] = await w.send(w.requester, "replaceCoordinator", [
      workflow.id,
      w.stranger.address,
    ]);
    expect(event!.args.toArray()).to.deep.equal([BigInt(workflow.id), w.stranger.address]);
    await w.refuses(w.operators[0]!, "advance", [[], [], [w.claimCall(old)]], "SignatureInvalid", [
      w.stranger.address,
    ]);
    await w.claim(workflow, w.operators[0]!, [0], { signer: w.stranger });
  });

  it("refuses others, nobody, and closed workflows", async () => {
    const w = await freshWorld();
    const { id } = await w.open();
    await w.refuses(w.stranger, "replaceCoordinator", [id, w.stranger.address], "NotRequester", [
      w.stranger.address,
    ]);
    await w.refuses(w.requester, "replaceCoordinator", [id, ZeroAddress], "ZeroAddress");
    await w.send(w.requester, "cancel", [id]);
    await w.refuses(w.requester, "replaceCoordinator", [id, w.stranger.address], "WorkflowClosed", [
      id,
    ]);
  });
});
