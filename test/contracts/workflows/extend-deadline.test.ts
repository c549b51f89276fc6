import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { encodeBytes32String } from "ethers";
import { told } from "../support/events";
import { freshWorld } from "../support/world";

describe("Market.extendDeadline", () => {
  it("lets the requester move the deadline on", async () => {
    const w = await freshWorld();
    const { id, deadline } = await w.open();
    const [event] = await w.send(w.requester, "extendDeadline", [id, deadline + 5]);
    expect(told(event!)).to.deep.equal({
      name: "DeadlineExtended",
      workflow: BigInt(id),
      deadline: BigInt(deadline + 5),
    });
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
