import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { LIMITS } from "../../../protocol/limits";
import { stepsRoot } from "../../../protocol/terms";
import { told } from "../support/events";
import { freshWorld, LATE_CLAIMS, UNIT, type OpenWorkflow, type World } from "../support/world";

type Call = [name: string, args: unknown[], value: bigint];

/** Every call about one workflow, as its requester may make it. */
function callsOn(w: World, { id, steps, deadline }: OpenWorkflow): Record<string, Call> {
  const root = stepsRoot(steps);
  return {
    topUp: ["topUp", [id, 1n], UNIT],
    extendDeadline: ["extendDeadline", [id, deadline + 10_000], 0n],
    replaceCoordinator: ["replaceCoordinator", [id, w.stranger.address, root], 0n],
    cancel: ["cancel", [id], 0n],
    finish: ["finish", [id], 0n],
    refund: ["refund", [id], 0n],
    payFee: ["payFee", [id], 0n],
  };
}

const refuses = (w: World, [name, args, value]: Call, error: string, errorArgs: unknown[]) =>
  w.refuses(w.requester, name, args, error, errorArgs, { value });

const withoutFinal = (w: World) => w.open({ steps: w.steps().slice(0, 2) });

describe("A workflow that does not exist", () => {
  it("is refused by every call", async () => {
    const w = await freshWorld();
    const unknown = { ...(await withoutFinal(w)), id: 9 };
    for (const call of Object.values(callsOn(w, unknown)))
      await refuses(w, call, "WorkflowUnknown", [9]);
  });
});

describe("A workflow that has ended", () => {
  for (const end of ["cancel", "finish"] as const)
    it(`by ${end} is not changed or ended again, only refunded and its fee paid`, async () => {
      const w = await freshWorld();
      const workflow = await withoutFinal(w);
      const calls = callsOn(w, workflow);
      const [name, args] = calls[end]!;
      await w.send(w.requester, name, args);
      for (const closed of ["topUp", "extendDeadline", "replaceCoordinator", "cancel", "finish"])
        await refuses(w, calls[closed]!, "WorkflowClosed", [workflow.id]);
      if (end === "finish") await time.increase(LATE_CLAIMS);
      await w.send(w.requester, "refund", [workflow.id]);
      await time.increase(901 + LIMITS.feeDelay);
      await w.send(w.requester, "payFee", [workflow.id]);
    });

  for (const end of ["cancel", "finish"] as const)
    it(`by its deadline is not changed any more, but may be closed by ${end}`, async () => {
      const w = await freshWorld();
      const workflow = await withoutFinal(w);
      const calls = callsOn(w, workflow);
      await time.increaseTo(workflow.deadline);
      for (const closed of ["topUp", "extendDeadline", "replaceCoordinator"])
        await refuses(w, calls[closed]!, "WorkflowClosed", [workflow.id]);
      const [name, args] = calls[end]!;
      const [event] = await w.send(w.requester, name, args);
      expect(told(event!).workflow).to.equal(BigInt(workflow.id));
      expect((await w.market.workflowOf(workflow.id)).status).to.equal(end === "cancel" ? 3n : 2n);
    });

  it("in its deadline's own second may still be changed, and is claimed from", async () => {
    const w = await freshWorld();
    const workflow = await withoutFinal(w);
    const offer = await w.offer(workflow, w.operators[0]!, [0], { claimBy: workflow.deadline });
    await time.setNextBlockTimestamp(workflow.deadline);
    await w.advance(w.operators[0]!, { claims: [w.claimCall(offer)] });
    expect((await w.account(w.operators[0]!.address)).locked).to.equal(501n);
  });

  it("is told by events that name it and nothing else", async () => {
    const w = await freshWorld();
    const { id, steps } = await w.open();
    const replaced = [id, w.stranger.address, stepsRoot(steps)];
    const [handedOn] = await w.send(w.requester, "replaceCoordinator", replaced);
    const [cancelled] = await w.send(w.requester, "cancel", [id]);
    expect([handedOn!, cancelled!].map(told)).to.deep.equal([
      { name: "CoordinatorReplaced", workflow: BigInt(id), coordinator: w.stranger.address },
      { name: "WorkflowCancelled", workflow: BigInt(id) },
    ]);
  });
});
