import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { sha256, toHex, type Hex } from "viem";
import { ticketStruct } from "../../../protocol/ticket";
import { deploy } from "../support/contract";
import { FINAL_TASK, finalClaim } from "../support/final-claim";
import { freshWorld, WRONG_RESULT, ZERO32 } from "../support/world";

async function world() {
  const w = await freshWorld();
  const final = await finalClaim(w);
  const refused = (change: object, error: string, errorArgs?: unknown[], as = final.operator) =>
    w.refuses(as, "submitFinal", w.finalArgs(final.claim, { ...change }), error, errorArgs);
  return { w, ...final, refused };
}

describe("Market.submitFinal refuses", () => {
  it("a wrong proof, and changes nothing", async () => {
    const { w, workflow, refused } = await world();
    await refused({ result: WRONG_RESULT }, "ResultInvalid", [w.echo]);
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(1n);
  });

  it("a statement that was not signed, with or without a proof of it", async () => {
    const { refused, digest } = await world();
    const statement = toHex("another statement");
    const args = [sha256(statement), digest];
    await refused({ statement, result: statement }, "StatementMismatch", args);
    await refused({ statement }, "StatementMismatch", args);
  });

  it("a leaf that the coordinator did not sign, of another attempt, or of another task", async () => {
    const { claim, refused } = await world();
    const leaf = claim.offer.leaves[0]!;
    const unsigned = { leaf: { ...leaf, statementDigest: ZERO32 } };
    await refused({ leaf: unsigned }, "LeafMismatch", [FINAL_TASK, 1]);
    await refused({ leaf: { path: [ZERO32] } }, "LeafMismatch", [FINAL_TASK, 1]);
    const later = { leaf: { ...leaf, attempt: 2 } };
    await refused({ leaf: later }, "LeafMismatch", [FINAL_TASK, 2]);
    for (const task of [FINAL_TASK - 1, FINAL_TASK - 192])
      await refused({ leaf: { leaf: { ...leaf, task } } }, "LeafMismatch", [task, 1]);
  });

  it("terms and roots that the ticket does not bind", async () => {
    const { workflow, refused } = await world();
    const judge = { ...workflow.steps[2]!.judge, verifierGas: 1 };
    await refused({ judge }, "StepsMismatch", [workflow.id, 2]);
    await refused({ root: ethers.id("another root") }, "StepsMismatch", [workflow.id, 2]);
  });

  it("another slot, and another ticket", async () => {
    const { claim, refused } = await world();
    await refused({ slot: 1 }, "SlotState", [1, 0, 1]);
    const ticket = ticketStruct(claim.ticket);
    await refused({ ticket: { ...ticket, money: ticket.money + 1n } }, "DigestMismatch", [0]);
  });

  it("everybody but the operator and its delegate", async () => {
    const { w, operator, refused } = await world();
    for (const other of [w.operators[1]!, w.coordinator, w.requester])
      await refused({}, "NotOperator", [other.address, operator.address], other);
    await w.send(operator, "setDelegate", [w.challenger.address]);
    await refused({}, "NotOperator", [w.stranger.address, operator.address], w.stranger);
    const [other] = w.operators.slice(1);
    const args = [operator.address, other!.address];
    await refused({ operator: other!.address }, "NotOperator", args);
  });

  it("past the claim's deadline", async () => {
    const { w, operator, refused } = await world();
    const { time: deadline } = await w.market.slotOf(operator.address, 0);
    await time.increaseTo(deadline);
    await refused({}, "DeadlinePassed", [deadline]);
  });

  it("a second time", async () => {
    const { w, operator, claim, refused } = await world();
    await w.send(operator, "submitFinal", w.finalArgs(claim));
    await refused({}, "SlotState", [0, 3, 1]);
  });

  it("tasks of a step that is not final", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const claim = await w.claim(workflow, w.operators[0]!, [0]);
    const args = w.finalArgs(claim);
    await w.refuses(w.operators[0]!, "submitFinal", args, "FinalProofMissing", [workflow.id]);
  });

  it("a verifier that has no code any more", async () => {
    const w = await freshWorld();
    const verifier = (await (await deploy("EchoVerifier")).getAddress()) as Hex;
    const [verified, accepted, final] = w.steps();
    const judge = { ...final!.judge, verifier };
    const workflow = await w.open({ steps: [verified!, accepted!, { ...final!, judge }] });
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [FINAL_TASK], { step: 2 });
    await ethers.provider.send("hardhat_setCode", [verifier, "0x"]);
    const error = "VerifierWithoutCode";
    await w.refuses(operator!, "submitFinal", w.finalArgs(claim), error, [verifier]);
  });
});
