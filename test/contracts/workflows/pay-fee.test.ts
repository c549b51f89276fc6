import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { minimumEscrow } from "../../../protocol/terms";
import { told } from "../support/events";
import { freshWorld, range, type World } from "../support/world";

const withoutFinal = (w: World) => w.steps().slice(0, 2);

describe("Market.payFee", () => {
  it("pays the coordinator's share of what was spent, rounded down, once nothing can change", async () => {
    const w = await freshWorld();
    const steps = withoutFinal(w);
    const workflow = await w.open({ steps });
    await w.settle(await w.matured(workflow, w.operators[0]!, range(0, 3), { price: 333n }));
    await w.send(w.coordinator, "finish", [workflow.id]);
    const dueAt = (await time.latest()) + 600 + 300;
    await w.refuses(w.coordinator, "payFee", [workflow.id], "FeeNotDue", [workflow.id, dueAt]);
    await time.increaseTo(dueAt);
    const [event] = await w.send(w.stranger, "payFee", [workflow.id]);
    expect(told(event!)).to.deep.equal({
      name: "FeePaid",
      workflow: BigInt(workflow.id),
      coordinator: w.coordinator.address,
      amount: 24n,
    }); // 2.5% of 999
    await w.refuses(w.coordinator, "payFee", [workflow.id], "FeeNotDue", [workflow.id, 0]);
    await w.send(w.requester, "refund", [workflow.id]);
    const owed = (await w.account(w.requester.address)).owed;
    expect(owed).to.equal(minimumEscrow(steps, 250) - 999n - 24n); // to the last unit
  });

  it("is due after the deadline even if nobody closed the workflow", async () => {
    const w = await freshWorld();
    const { id, deadline } = await w.open();
    await w.refuses(w.coordinator, "payFee", [id], "WorkflowOpen", [id]);
    await time.increaseTo(deadline + 1);
    await w.refuses(w.coordinator, "payFee", [id], "FeeNotDue", [id, deadline + 900]);
    await time.increaseTo(deadline + 901);
    const [event] = await w.send(w.coordinator, "payFee", [id]);
    expect(event!.args.amount).to.equal(0n);
    await w.refuses(w.coordinator, "payFee", [9], "WorkflowUnknown", [9]);
  });

  it("counts from the deadline when the workflow is closed after it", async () => {
    const w = await freshWorld();
    const { id, deadline } = await w.open();
    await time.increaseTo(deadline + 500);
    await w.send(w.requester, "cancel", [id]);
    await w.refuses(w.coordinator, "payFee", [id], "FeeNotDue", [id, deadline + 900]);
  });
});
