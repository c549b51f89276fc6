import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { LIMITS } from "../../../protocol/limits";
import { minimumEscrow } from "../../../protocol/terms";
import { told } from "../support/events";
import { freshCourt } from "../support/court";
import { freshWorld, LATE_CLAIMS, range, type World } from "../support/world";

const withoutFinal = (w: World) => w.steps().slice(0, 2);

describe("Market.payFee", () => {
  it("pays the coordinator's share of what was spent, rounded down, once nothing can change", async () => {
    const w = await freshWorld();
    const steps = withoutFinal(w);
    const workflow = await w.open({ steps });
    await w.settle(await w.matured(workflow, w.operators[0]!, range(0, 3), { price: 333n }));
    await w.send(w.coordinator, "finish", [workflow.id]);
    const until = (await time.latest()) + LATE_CLAIMS;
    const dueAt = until + 600 + 300 + LIMITS.feeDelay;
    await w.refuses(w.coordinator, "payFee", [workflow.id], "WorkflowOpen", [workflow.id]);
    await time.increaseTo(until + 1);
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
    await w.refuses(w.coordinator, "payFee", [id], "FeeNotDue", [
      id,
      deadline + 900 + LIMITS.feeDelay,
    ]);
    await time.increaseTo(deadline + 901 + LIMITS.feeDelay);
    const [event] = await w.send(w.coordinator, "payFee", [id]);
    expect(event!.args.amount).to.equal(0n);
    await w.refuses(w.coordinator, "payFee", [9], "WorkflowUnknown", [9]);
  });

  it("counts from the deadline when the workflow is closed after it", async () => {
    const w = await freshWorld();
    const { id, deadline } = await w.open();
    await time.increaseTo(deadline + 500);
    await w.send(w.requester, "cancel", [id]);
    await w.refuses(w.coordinator, "payFee", [id], "FeeNotDue", [
      id,
      deadline + 900 + LIMITS.feeDelay,
    ]);
  });

  it("leaves out a claim that ran out, which anyone may end as long as the fee is not due", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    await w.commit(await w.claim(workflow, w.operators[0]!, range(0, 2)));
    const late = await w.claim(workflow, w.operators[1]!, range(2, 3));
    const dueAt = workflow.deadline + 900 + LIMITS.feeDelay;
    await time.increaseTo(dueAt - 1);
    await w.send(w.stranger, "expire", w.expireArgs(late));
    expect(await time.latest()).to.equal(dueAt);
    const [event] = await w.send(w.coordinator, "payFee", [workflow.id]);
    expect(event!.args.amount).to.equal(50n); // 2.5% of two tasks
  });

  it("waits for every open dispute, and leaves out what was struck in one", async () => {
    const court = await freshCourt();
    const { w, workflow } = court;
    const batch = await court.batch(0, { count: 3 });
    const one = await court.demand(batch, 0);
    const other = await court.revealed(batch, 1);
    await time.increaseTo(workflow.deadline + 100 * LIMITS.feeDelay);
    const refuses = (disputes: number) =>
      w.refuses(w.coordinator, "payFee", [workflow.id], "DisputesOpen", [workflow.id, disputes]);
    await refuses(2);
    await w.send(w.stranger, "closeDemand", [one]); // struck
    await refuses(1);
    await w.send(w.stranger, "closeDemand", [other]); // paid
    await w.settle(batch);
    const [event] = await w.send(w.coordinator, "payFee", [workflow.id]);
    expect(event!.args.amount).to.equal(50n); // 2.5% of two tasks
  });
});
