import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { freshWorld } from "../support/world";

describe("Market.cancel", () => {
  it("stops new claims, while a live claim still commits and is paid", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const live = await w.claim(workflow, w.operators[0]!, [0, 1]);
    const [event] = await w.send(w.requester, "cancel", [workflow.id]);
    expect(event!.name).to.equal("WorkflowCancelled");
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(3n);
    const late = await w.offer(workflow, w.operators[1]!, [2]);
    await w.refusesOperations(w.operators[1]!, { claims: [w.claimCall(late)] }, "WorkflowClosed", [
      workflow.id,
    ]);
    const batch = await w.commit(live);
    await time.increase(300);
    await w.settle(batch);
    expect((await w.account(w.operators[0]!.address)).owed).to.equal(2_000n);
  });

  it("refuses others, and a second time", async () => {
    const w = await freshWorld();
    const { id } = await w.open();
    await w.refuses(w.coordinator, "cancel", [id], "NotRequester", [w.coordinator.address]);
    await w.send(w.requester, "cancel", [id]);
    await w.refuses(w.requester, "cancel", [id], "WorkflowClosed", [id]);
    await w.refuses(w.requester, "cancel", [9], "WorkflowUnknown", [9]);
  });
});
