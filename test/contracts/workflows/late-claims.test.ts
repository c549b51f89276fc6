import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { LIMITS } from "../../../protocol/limits";
import { minimumEscrow } from "../../../protocol/terms";
import { openArgs, openWorkflow, silence } from "../support/silence";
import {
  freshWorld,
  LATE_CLAIMS,
  range,
  UNIT,
  World,
  worldParts,
  type OpenWorkflow,
} from "../support/world";

// A reorganisation may take claims back, and have a workflow's completion come before them on the other branch. So a workflow that was
// completed takes claims that its coordinator signed for a while, and keeps their price.

/** How a workflow is completed. */
const COMPLETIONS = {
  async finish(w: World): Promise<OpenWorkflow> {
    const workflow = await w.open({ steps: w.steps().slice(0, 2) });
    await w.send(w.coordinator, "finish", [workflow.id]);
    return workflow;
  },
  async submitFinal(w: World): Promise<OpenWorkflow> {
    const workflow = await w.open();
    const final = await w.claim(workflow, w.operators[0]!, [492], { step: 2 });
    await w.send(w.operators[0]!, "submitFinal", w.finalArgs(final));
    return workflow;
  },
};

const offered = async (w: World, workflow: OpenWorkflow, task: number, claimBy?: number) => {
  const offer = await w.offer(workflow, w.operators[1]!, [task], claimBy ? { claimBy } : {});
  return { claims: [w.claimCall(offer, task)] };
};

describe("A workflow that was completed", () => {
  for (const [name, complete] of Object.entries(COMPLETIONS)) {
    it(`by ${name} takes claims for ${LATE_CLAIMS} seconds, and not for one more; they are committed and paid`, async () => {
      const w = await freshWorld();
      const workflow = await complete(w);
      const until = (await time.latest()) + LATE_CLAIMS;
      const claim = await w.claim(workflow, w.operators[1]!, [0]);
      const [last, late] = [
        await offered(w, workflow, 1, until + 100),
        await offered(w, workflow, 2, until + 100),
      ];
      const batch = await w.commit(claim);
      await time.setNextBlockTimestamp(until);
      await w.advance(w.operators[1]!, last);
      await w.refusesOperations(w.operators[1]!, late, "WorkflowClosed", [workflow.id]);
      await w.settle(batch);
      expect((await w.account(w.operators[1]!.address)).owed).to.equal(1_000n);
    });

    it(`by ${name} keeps all of its escrow while it takes claims, and the fee waits for the last of them`, async () => {
      const w = await freshWorld();
      const workflow = await complete(w);
      const until = (await time.latest()) + LATE_CLAIMS;
      for (const [before, early] of ["payFee", "refund"].entries()) {
        await time.setNextBlockTimestamp(until - 2 + before);
        await w.refuses(w.requester, early, [workflow.id], "WorkflowOpen", [workflow.id]);
      }
      await time.setNextBlockTimestamp(until);
      await w.advance(w.operators[1]!, await offered(w, workflow, 0, until));
      const dueAt = until + 900 + LIMITS.feeDelay;
      await w.refuses(w.coordinator, "payFee", [workflow.id], "FeeNotDue", [workflow.id, dueAt]);
      await w.send(w.requester, "refund", [workflow.id]);
      const { escrow, refunded } = await w.market.workflowOf(workflow.id);
      const paid = name === "finish" ? 0n : 5_000n; // its final task
      expect(escrow - refunded).to.equal(paid + 1_000n + (paid + 1_000n) / 40n);
    });
  }

  it("takes no claim after its deadline", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ steps: w.steps().slice(0, 2) });
    const offer = await offered(w, workflow, 0, workflow.deadline);
    await time.increaseTo(workflow.deadline - 100);
    await w.send(w.coordinator, "finish", [workflow.id]);
    await time.setNextBlockTimestamp(workflow.deadline);
    await w.advance(w.operators[1]!, offer);
    await w.send(w.requester, "refund", [workflow.id]);
  });

  it("takes only claims that its coordinator signed", async () => {
    const w = await freshWorld();
    const workflow = await openWorkflow(w);
    await silence(w, workflow);
    const final = await w.claim(workflow, w.operators[0]!, [492], { step: 2 });
    await w.send(w.operators[0]!, "submitFinal", w.finalArgs(final));
    const open = openArgs(workflow, w.operators[1]!, [3], {});
    await w.refuses(w.operators[1]!, "claimOpen", open, "WorkflowClosed", [workflow.id]);
    const offer = await w.offer(workflow, w.operators[1]!, [4]);
    const call = w.claimCall({ ...offer, signature: `0x${"11".repeat(65)}` });
    await w.refusesOperations(w.operators[1]!, { claims: [call] }, "SignatureInvalid", [
      w.coordinator.address,
    ]);
  });

  it("pays no more than its escrow, though its coordinator sells every task after its end", async () => {
    const w = await freshWorld();
    const steps = w.steps().slice(0, 1);
    const workflow = await w.open({ steps });
    await w.send(w.coordinator, "finish", [workflow.id]);
    const batches = [range(0, 128), range(128, 64), range(192, 108)];
    for (const [slot, tasks] of batches.entries())
      await w.claim(workflow, w.operators[1]!, tasks, { slot });
    await time.increase(LATE_CLAIMS);
    const { escrow } = await w.market.workflowOf(workflow.id);
    expect(escrow).to.equal(minimumEscrow(steps, 250));
    await w.refuses(w.requester, "refund", [workflow.id], "NothingToRefund", [workflow.id]);
  });
});

describe("A market whose chain is never reorganised", () => {
  it("takes no claims of a completed workflow, which is refunded in the same second", async () => {
    const w = new World(...(await worldParts({ lateClaims: 0 })));
    const [, operator] = w.operators;
    const stake = 1_000_000n;
    await w.send(operator!, "deposit", [operator!.address, stake], { value: stake * UNIT });
    const workflow = await w.open({ steps: w.steps().slice(0, 2) });
    const offer = await offered(w, workflow, 0);
    await w.send(w.coordinator, "finish", [workflow.id]);
    const latest = { blockTag: "latest" };
    await w.market.getFunction("refund").staticCall(workflow.id, latest); // as of the completion's own block
    await w.refusesOperations(operator!, offer, "WorkflowClosed", [workflow.id]);
    await w.send(w.requester, "refund", [workflow.id]);
  });
});

describe("A workflow that was cancelled", () => {
  it("takes no claims, and is refunded at once", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const offer = await offered(w, workflow, 0);
    await w.send(w.requester, "cancel", [workflow.id]);
    await w.refusesOperations(w.operators[1]!, offer, "WorkflowClosed", [workflow.id]);
    await w.send(w.requester, "refund", [workflow.id]);
  });
});
