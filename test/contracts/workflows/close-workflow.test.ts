import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { minimumEscrow } from "../../../protocol/terms";
import { freshWorld, range, type World } from "../support/world";

const withoutFinal = (w: World) => w.steps().slice(0, 2);

describe("Market.cancel", () => {
  it("stops new claims, while a live claim still commits and is paid", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const live = await w.claim(workflow, w.operators[0]!, [0, 1]);
    const [event] = await w.send(w.requester, "cancel", [workflow.id]);
    expect(event!.name).to.equal("WorkflowCancelled");
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(3n);
    const late = await w.offer(workflow, w.operators[1]!, [2]);
    await w.refuses(w.operators[1]!, "advance", [[], [], [w.claimCall(late)]], "WorkflowClosed", [
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

describe("Market.finish", () => {
  for (const role of ["coordinator", "requester"] as const)
    it(`lets the ${role} complete a workflow without a final step`, async () => {
      const w = await freshWorld();
      const workflow = await w.open({ steps: withoutFinal(w) });
      const [event] = await w.send(w[role], "finish", [workflow.id]);
      expect(event!.args.toArray()).to.deep.equal([BigInt(workflow.id), ZeroAddress, ZeroHash]);
      expect((await w.market.workflowOf(workflow.id)).status).to.equal(2n);
      const offer = await w.offer(workflow, w.operators[0]!, [0]);
      await w.refuses(
        w.operators[0]!,
        "advance",
        [[], [], [w.claimCall(offer)]],
        "WorkflowClosed",
        [workflow.id],
      );
    });

  it("refuses others, workflows with a final step, and unknown or closed ones", async () => {
    const w = await freshWorld();
    const { id } = await w.open({ steps: withoutFinal(w) });
    await w.refuses(w.stranger, "finish", [id], "NotCoordinator", [w.stranger.address]);
    const final = await w.open();
    await w.refuses(w.coordinator, "finish", [final.id], "FinalProofMissing", [final.id]);
    await w.refuses(w.coordinator, "finish", [9], "WorkflowUnknown", [9]);
    await w.send(w.coordinator, "finish", [id]);
    await w.refuses(w.coordinator, "finish", [id], "WorkflowClosed", [id]);
  });
});

describe("Market.refund", () => {
  it("returns what nobody can spend any more, and later what claims gave back", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ extra: 40n });
    const claim = await w.claim(workflow, w.operators[0]!, [0, 1]);
    await w.send(w.requester, "cancel", [workflow.id]);
    const escrow = minimumEscrow(workflow.steps, 250) + 40n;
    const [event] = await w.send(w.stranger, "refund", [workflow.id]); // anyone may trigger what is due
    expect(event!.args.toArray()).to.deep.equal([BigInt(workflow.id), escrow - 2_000n - 50n]);
    await w.refuses(w.stranger, "refund", [workflow.id], "NothingToRefund", [workflow.id]);
    const signature = await w.releaseSignature(claim, 1n);
    await w.send(w.operators[0]!, "release", [0, claim.ticket, 1n, signature]);
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
    expect(event!.args.toArray()).to.deep.equal([BigInt(workflow.id), w.coordinator.address, 24n]); // 2.5% of 999
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
