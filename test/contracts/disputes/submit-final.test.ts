import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { sha256, toHex } from "viem";
import { termsOpening } from "../../../protocol/terms";
import { freshWorld, statementOf, WRONG_RESULT, ZERO32, type World } from "../support/world";

async function finalClaim(w: World) {
  const workflow = await w.open();
  const operator = w.operators[0]!;
  const claim = await w.claim(workflow, operator, [492], { step: 2, price: 4_000n });
  return { workflow, operator, claim, digest: sha256(statementOf(workflow.id, 492)) };
}

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

  it("stops new claims, while live ones still commit and are paid", async () => {
    const w = await freshWorld();
    const { workflow, operator, claim } = await finalClaim(w);
    const live = await w.claim(workflow, w.operators[1]!, [0]);
    await w.send(operator, "submitFinal", w.finalArgs(claim));
    const offer = await w.offer(workflow, w.operators[2]!, [1]);
    await w.refuses(w.operators[2]!, "advance", [[], [], [w.claimCall(offer)]], "WorkflowClosed", [
      workflow.id,
    ]);
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

  it("refuses a valid proof of another statement", async () => {
    const w = await freshWorld();
    const { operator, claim, digest } = await finalClaim(w);
    const other = toHex("another statement");
    await w.refuses(
      operator,
      "submitFinal",
      w.finalArgs(claim, { statement: other, result: other }),
      "StatementMismatch",
      [sha256(other), digest],
    );
  });

  it("refuses another leaf, other terms, another slot, another ticket", async () => {
    const w = await freshWorld();
    const { workflow, operator, claim } = await finalClaim(w);
    const leaf = { ...claim.offer.leaves[0]!, statementDigest: ZERO32 };
    await w.refuses(
      operator,
      "submitFinal",
      w.finalArgs(claim, { leaf }),
      "LeafMismatch",
      [492, 1],
    );
    const opening = termsOpening(workflow.steps, 0);
    await w.refuses(operator, "submitFinal", w.finalArgs(claim, { opening }), "StepsMismatch", [
      workflow.id,
      2,
    ]);
    await w.refuses(
      operator,
      "submitFinal",
      w.finalArgs(claim, { slot: 1 }),
      "SlotState",
      [1, 0, 1],
    );
    const ticket = { ...claim.ticket, head: claim.ticket.head + 1n };
    await w.refuses(operator, "submitFinal", w.finalArgs(claim, { ticket }), "DigestMismatch", [0]);
    await w.refuses(w.operators[1]!, "submitFinal", w.finalArgs(claim), "SlotState", [0, 0, 1]);
  });

  it("refuses past the claim's deadline, and twice", async () => {
    const w = await freshWorld();
    const { operator, claim } = await finalClaim(w);
    const { time: deadline } = await w.market.slotOf(operator.address, 0);
    const later = await w.open();
    const second = await w.claim(later, operator, [492], { step: 2, slot: 1 });
    await w.send(operator, "submitFinal", w.finalArgs(second));
    await w.refuses(operator, "submitFinal", w.finalArgs(second), "SlotState", [1, 3, 1]);
    await time.increaseTo(deadline);
    await w.refuses(operator, "submitFinal", w.finalArgs(claim), "DeadlinePassed", [deadline]);
  });

  it("refuses tasks of a step that is not final", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const claim = await w.claim(workflow, w.operators[0]!, [0]);
    await w.refuses(w.operators[0]!, "submitFinal", w.finalArgs(claim), "FinalProofMissing", [
      workflow.id,
    ]);
  });
});
