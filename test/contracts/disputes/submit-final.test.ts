import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { stepsRoot } from "../../../protocol/terms";
import { finalClaim } from "../support/final-claim";
import { freshWorld, WRONG_RESULT, ZERO32 } from "../support/world";

describe("Market.submitFinal", () => {
  it("verifies the proof, pays at once, and completes the workflow", async () => {
    const w = await freshWorld();
    const { workflow, operator, claim, digest } = await finalClaim(w);
    const events = await w.send(operator, "submitFinal", w.finalArgs(claim));
    expect(events.map((event) => event.name)).to.deep.equal(["FinalAccepted", "WorkflowCompleted"]);
    expect(events[0]!.args.toArray()).to.deep.equal([
      operator.address,
      BigInt(workflow.id),
      492n,
      0n,
      digest,
      digest,
      4_000n,
      2_000n,
    ]);
    expect(events[1]!.args.toArray()).to.deep.equal([BigInt(workflow.id), w.echo, digest]);
    expect(await w.account(operator.address)).to.deep.equal({
      free: 10_000_000n,
      locked: 0n,
      owed: 4_000n,
    });
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(2n);
    const completion = ethers.keccak256(
      ethers.AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [w.echo, digest]),
    );
    expect(await w.market.completionOf(workflow.id)).to.equal(completion);
    expect((await w.market.slotOf(operator.address, 0)).state).to.equal(3n);
  });

  it("leaves live claims to be committed and paid", async () => {
    const w = await freshWorld();
    const { workflow, operator, claim } = await finalClaim(w);
    const live = await w.claim(workflow, w.operators[1]!, [0]);
    await w.send(operator, "submitFinal", w.finalArgs(claim));
    const batch = await w.commit(live);
    await time.increase(300);
    await w.settle(batch);
  });

  it("pays for a proof that a cancelled workflow still gets, and records it", async () => {
    const w = await freshWorld();
    const { workflow, operator, claim } = await finalClaim(w);
    await w.send(w.requester, "cancel", [workflow.id]);
    const events = await w.send(operator, "submitFinal", w.finalArgs(claim));
    expect(events.map((event) => event.name)).to.deep.equal(["FinalAccepted"]);
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(3n);
    expect(await w.market.completionOf(workflow.id)).not.to.equal(ZERO32);
  });

  it("completes a workflow whose deadline passed after the claim", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    await time.increaseTo(workflow.deadline - 100);
    const claim = await w.claim(workflow, w.operators[0]!, [492], { step: 2 });
    await time.increaseTo(workflow.deadline + 100);
    await w.send(w.operators[0]!, "submitFinal", w.finalArgs(claim));
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(2n);
  });

  it("changes nothing when the proof is wrong", async () => {
    const w = await freshWorld();
    const { workflow, operator, claim } = await finalClaim(w);
    await w.refuses(
      operator,
      "submitFinal",
      w.finalArgs(claim, { result: WRONG_RESULT }),
      "ResultInvalid",
      [w.echo],
    );
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(1n);
    await w.send(operator, "submitFinal", w.finalArgs(claim));
  });

  it("takes the proof at the claim's deadline, even if the requester has replaced the coordinator", async () => {
    const w = await freshWorld();
    const { workflow, operator, claim } = await finalClaim(w);
    const root = stepsRoot(workflow.steps);
    await w.send(w.requester, "replaceCoordinator", [workflow.id, w.stranger.address, root]);
    const { time: deadline } = await w.market.slotOf(operator.address, 0);
    await time.setNextBlockTimestamp(deadline);
    await w.send(operator, "submitFinal", w.finalArgs(claim));
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(2n);
  });
});
