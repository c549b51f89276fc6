import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { stepsRoot } from "../../../protocol/terms";
import { told } from "../support/events";
import { freshWorld } from "../support/world";

describe("Market.replaceCoordinator", () => {
  it("lets the requester name another, whose signature counts from then on", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const old = await w.offer(workflow, w.operators[0]!, [0]);
    const [event] = await w.send(w.requester, "replaceCoordinator", [
      workflow.id,
      w.stranger.address,
      stepsRoot(workflow.steps),
    ]);
    expect(told(event!)).to.deep.equal({
      name: "CoordinatorReplaced",
      workflow: BigInt(workflow.id),
      coordinator: w.stranger.address,
    });
    await w.refusesOperations(w.operators[0]!, { claims: [w.claimCall(old)] }, "SignatureInvalid", [
      w.stranger.address,
    ]);
    await w.claim(workflow, w.operators[0]!, [0], { signer: w.stranger });
  });

  it("ends acceptances that are not on-chain yet: the claim is conceded without penalty", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [300], { step: 1 });
    const { call } = await w.commitCall(claim);
    await w.send(w.requester, "replaceCoordinator", [
      workflow.id,
      w.stranger.address,
      stepsRoot(workflow.steps),
    ]);
    await w.refusesOperations(operator!, { commits: [call] }, "SignatureInvalid", [
      w.stranger.address,
    ]);
    await w.send(operator!, "concede", w.concedeArgs(claim, call.commitments));
    expect(await w.account(operator!.address)).to.include({ locked: 0n, free: 10_000_000n });
  });

  it("refuses others, nobody, and closed workflows", async () => {
    const w = await freshWorld();
    const { id, steps } = await w.open();
    const next = [id, w.stranger.address, stepsRoot(steps)];
    await w.refuses(w.stranger, "replaceCoordinator", next, "NotRequester", [w.stranger.address]);
    const nobody = [id, ZeroAddress, stepsRoot(steps)];
    await w.refuses(w.requester, "replaceCoordinator", nobody, "ZeroAddress");
    await w.send(w.requester, "cancel", [id]);
    await w.refuses(w.requester, "replaceCoordinator", next, "WorkflowClosed", [id]);
  });

  it("refuses another root than that of the workflow's steps", async () => {
    const w = await freshWorld();
    const { id, steps } = await w.open();
    const root = stepsRoot(steps.slice(1));
    await w.refuses(
      w.requester,
      "replaceCoordinator",
      [id, w.stranger.address, root],
      "StepsMismatch",
      [id, 0],
    );
  });
});
