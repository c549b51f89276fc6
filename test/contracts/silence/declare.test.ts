import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { stepsRoot } from "../../../protocol/terms";
import { LATE_GAS_REFUND } from "../support/court";
import { told } from "../support/events";
import { DELAY, openWorkflow } from "../support/silence";
import { freshWorld } from "../support/world";

const STAKE = 10_000_000n;

async function declared() {
  const w = await freshWorld();
  const workflow = await openWorkflow(w);
  const [by] = w.operators;
  const events = await w.send(by!, "declareSilent", [workflow.id]);
  return { w, workflow, by: by!, events: events.map(told), at: await time.latest() };
}

describe("Market.declareSilent", () => {
  it("locks a small bond of whoever declares", async () => {
    const { w, workflow, by, events } = await declared();
    expect(events).to.deep.equal([
      {
        name: "SilenceDeclared",
        workflow: BigInt(workflow.id),
        by: by.address,
        bond: LATE_GAS_REFUND,
      },
    ]);
    expect(await w.account(by.address)).to.deep.equal({
      free: STAKE - LATE_GAS_REFUND,
      locked: LATE_GAS_REFUND,
      owed: 0n,
    });
  });

  it("refuses a second declaration, by anyone", async () => {
    const { w, workflow, by } = await declared();
    for (const account of [by, w.operators[1]!])
      await w.refuses(account, "declareSilent", [workflow.id], "SilentAlready", [workflow.id]);
  });

  it("refuses workflows whose coordinator may be silent", async () => {
    const w = await freshWorld();
    const { id } = await w.open();
    await w.refuses(w.operators[0]!, "declareSilent", [id], "NotSilent", [id, 0]);
  });

  it("refuses workflows that are unknown, over, or past their deadline", async () => {
    const w = await freshWorld();
    const [one, two] = [await openWorkflow(w), await openWorkflow(w)];
    const [by] = w.operators;
    await w.refuses(by!, "declareSilent", [99], "WorkflowUnknown", [99]);
    await w.send(w.requester, "cancel", [one.id]);
    await w.refuses(by!, "declareSilent", [one.id], "WorkflowClosed", [one.id]);
    await time.increaseTo(two.deadline + 1);
    await w.refuses(by!, "declareSilent", [two.id], "WorkflowClosed", [two.id]);
  });

  it("refuses callers without stake: an idle declaration has to cost something", async () => {
    const w = await freshWorld();
    const { id } = await openWorkflow(w);
    await w.refuses(w.stranger, "declareSilent", [id], "StakeInsufficient", [0, LATE_GAS_REFUND]);
  });
});

describe("Market.answerSilence", () => {
  it("earns the coordinator the bond, and it can be declared silent anew", async () => {
    const { w, workflow, by } = await declared();
    const events = await w.send(w.coordinator, "answerSilence", [workflow.id]);
    expect(events.map(told)).to.deep.equal([
      {
        name: "SilenceAnswered",
        workflow: BigInt(workflow.id),
        by: by.address,
        bond: LATE_GAS_REFUND,
      },
    ]);
    expect((await w.account(w.coordinator.address)).owed).to.equal(LATE_GAS_REFUND);
    expect(await w.account(by.address)).to.deep.equal({
      free: STAKE - LATE_GAS_REFUND,
      locked: 0n,
      owed: 0n,
    });
    await w.refuses(w.coordinator, "answerSilence", [workflow.id], "NotSilent", [workflow.id, 0]);
    await w.refuses(by, "endSilence", [workflow.id], "NotSilent", [workflow.id, 0]);
    await w.send(by, "declareSilent", [workflow.id]);
  });

  it("is possible after its time too, for nothing if the declarer has taken its bond back", async () => {
    const { w, workflow, by } = await declared();
    await time.increase(DELAY);
    await w.send(by, "endSilence", [workflow.id]);
    const events = await w.send(w.coordinator, "answerSilence", [workflow.id]);
    expect(events.map(told)).to.deep.equal([
      {
        name: "SilenceAnswered",
        workflow: BigInt(workflow.id),
        by: ethers.ZeroAddress,
        bond: 0n,
      },
    ]);
    expect((await w.account(w.coordinator.address)).owed).to.equal(0n);
  });

  it("is the coordinator's alone, and its successor's", async () => {
    const { w, workflow, by } = await declared();
    for (const account of [w.requester, by, w.stranger])
      await w.refuses(account, "answerSilence", [workflow.id], "NotCoordinator", [account.address]);
    const args = [workflow.id, w.stranger.address, stepsRoot(workflow.steps)];
    await w.send(w.requester, "replaceCoordinator", args);
    await w.refuses(w.coordinator, "answerSilence", [workflow.id], "NotCoordinator");
    await w.send(w.stranger, "answerSilence", [workflow.id]);
    expect((await w.account(w.stranger.address)).owed).to.equal(LATE_GAS_REFUND);
  });

  it("refuses unknown workflows, and coordinators that were not declared silent", async () => {
    const w = await freshWorld();
    const { id } = await openWorkflow(w);
    await w.refuses(w.coordinator, "answerSilence", [99], "WorkflowUnknown", [99]);
    await w.refuses(w.coordinator, "answerSilence", [id], "NotSilent", [id, 0]);
  });
});

describe("Market.endSilence", () => {
  it("gives the declarer its bond back once the coordinator's time is over; it stays silent", async () => {
    const { w, workflow, by, at } = await declared();
    await time.setNextBlockTimestamp(at + DELAY);
    await w.refuses(w.stranger, "endSilence", [workflow.id], "NotSilent", [
      workflow.id,
      at + DELAY,
    ]);
    const events = await w.send(w.stranger, "endSilence", [workflow.id]);
    expect(events.map(told)).to.deep.equal([
      {
        name: "SilenceEnded",
        workflow: BigInt(workflow.id),
        by: by.address,
        bond: LATE_GAS_REFUND,
      },
    ]);
    expect(await w.account(by.address)).to.deep.equal({ free: STAKE, locked: 0n, owed: 0n });
    await w.refuses(by, "declareSilent", [workflow.id], "SilentAlready");
    await w.refuses(by, "endSilence", [workflow.id], "NotSilent", [workflow.id, 0]);
  });

  it("gives it back at once when the workflow is over", async () => {
    const { w, workflow, by } = await declared();
    await w.send(w.requester, "cancel", [workflow.id]);
    await w.send(w.stranger, "endSilence", [workflow.id]);
    expect((await w.account(by.address)).free).to.equal(STAKE);
  });

  it("gives it back when the deadline comes before the coordinator's time is over", async () => {
    const w = await freshWorld();
    const workflow = await openWorkflow(w);
    const [by] = w.operators;
    await time.increaseTo(workflow.deadline - 100);
    await w.send(by!, "declareSilent", [workflow.id]);
    await time.increaseTo(workflow.deadline + 1);
    await w.send(w.stranger, "endSilence", [workflow.id]);
    expect((await w.account(by!.address)).locked).to.equal(0n);
  });

  it("refuses unknown workflows, and those without a declarer", async () => {
    const w = await freshWorld();
    const { id } = await openWorkflow(w);
    await w.refuses(w.stranger, "endSilence", [99], "WorkflowUnknown", [99]);
    await w.refuses(w.stranger, "endSilence", [id], "NotSilent", [id, 0]);
  });
});
