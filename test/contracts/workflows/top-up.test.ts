import { expect } from "chai";
import { told } from "../support/events";
import { freshWorld, UNIT } from "../support/world";

describe("Market.topUp", () => {
  it("adds to the escrow, whoever pays", async () => {
    const w = await freshWorld();
    const { id } = await w.open();
    const before = (await w.market.workflowOf(id)).escrow;
    const [event] = await w.send(w.stranger, "topUp", [id, 7n], { value: 7n * UNIT });
    expect(told(event!)).to.deep.equal({
      name: "EscrowToppedUp",
      workflow: BigInt(id),
      amount: 7n,
    });
    expect((await w.market.workflowOf(id)).escrow).to.equal(before + 7n);
  });

  it("refuses an unknown or closed workflow, and fractions of a unit", async () => {
    const w = await freshWorld();
    const { id } = await w.open();
    await w.refuses(w.stranger, "topUp", [9, 1n], "WorkflowUnknown", [9], { value: UNIT });
    await w.refuses(w.stranger, "topUp", [id, 1], "AmountInvalid", [1], { value: 1n });
    await w.send(w.requester, "cancel", [id]);
    await w.refuses(w.stranger, "topUp", [id, 1n], "WorkflowClosed", [id], { value: UNIT });
  });
});
