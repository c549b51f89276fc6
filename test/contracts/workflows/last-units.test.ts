import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { LIMITS } from "../../../protocol/limits";
import { minimumEscrow } from "../../../protocol/terms";
import { refusesToOpen, term } from "../support/opening";
import { freshWorld } from "../support/world";

describe("The last units of a workflow", () => {
  for (const tasks of [1, 193, 384])
    it(`are counted with the last of ${tasks} tasks, in its fee and in its refund`, async () => {
      const w = await freshWorld();
      const steps = w.steps({ maxTasks: tasks, ceiling: 1_000n }).slice(0, 1);
      const workflow = await w.open({ steps });
      await w.settle(await w.matured(workflow, w.operators[0]!, [tasks - 1]));
      await time.increaseTo(workflow.deadline + 901 + LIMITS.feeDelay);
      const [fee] = await w.send(w.stranger, "payFee", [workflow.id]);
      expect(fee!.args.amount).to.equal(25n);
      if (tasks === 1) {
        await w.refuses(w.stranger, "refund", [workflow.id], "NothingToRefund", [workflow.id]);
        return;
      }
      const [refund] = await w.send(w.stranger, "refund", [workflow.id]);
      expect(refund!.args.amount).to.equal(minimumEscrow(steps, 250) - 1_025n);
    });

  it("need not be spent: the ten-thousandth part of a unit counts as a unit of fee when it is opened", async () => {
    const w = await freshWorld();
    const steps = w.steps({ maxTasks: 1, ceiling: 1n }).slice(0, 1);
    expect(minimumEscrow(steps, 1)).to.equal(2n);
    const args = [term("escrow"), 1n, 2n, (1n << 64n) - 1n];
    await refusesToOpen(w, steps, "TermOutOfRange", args, { feeBps: 1 }, 1n);
  });
});

describe("The moment of a fee", () => {
  it("is the second after the last one in which a late claim can be ended for it", async () => {
    const w = await freshWorld();
    const { id, deadline } = await w.open();
    const dueAt = deadline + 900 + LIMITS.feeDelay;
    await time.setNextBlockTimestamp(dueAt);
    await w.refuses(w.coordinator, "payFee", [id], "FeeNotDue", [id, dueAt]);
    await time.setNextBlockTimestamp(dueAt + 1);
    await w.send(w.coordinator, "payFee", [id]);
  });
});
