import { stepsRoot } from "../../../protocol/terms";
import { deploy } from "../support/contract";
import { freshWorld } from "../support/world";

describe("A coordinator that is a contract (ERC-1271)", () => {
  /** A workflow whose coordinator is a contract with the usual coordinator's key. */
  async function contractual() {
    const w = await freshWorld();
    const signer = await (await deploy("ContractSigner", [w.coordinator.address])).getAddress();
    const workflow = await w.open();
    const root = stepsRoot(workflow.steps);
    await w.send(w.requester, "replaceCoordinator", [workflow.id, signer, root]);
    return { w, workflow, signer, operator: w.operators[0]! };
  }

  it("assigns, accepts and releases", async () => {
    const { w, workflow, operator } = await contractual();
    const claim = await w.claim(workflow, operator, [300, 301], { step: 1 });
    await w.commit(claim, { tasks: [300], partSlot: 1 });
    const other = await w.claim(workflow, operator, [0], { slot: 2 });
    await w.send(operator, "release", w.releaseArgs(other, await w.releaseSignature(other, 1n)));
  });

  it("refuses what its key did not sign, of each kind", async () => {
    const { w, workflow, signer, operator } = await contractual();
    const why: [string, unknown[]] = ["SignatureInvalid", [signer]];
    const forged = await w.offer(workflow, operator, [5], { signer: w.stranger });
    await w.refusesOperations(operator, { claims: [w.claimCall(forged, 5)] }, ...why);
    const claim = await w.claim(workflow, operator, [300], { step: 1 });
    const { call } = await w.commitCall(claim, { accept: false });
    await w.refusesOperations(operator, { commits: [call] }, ...why);
    const signature = await w.releaseSignature(claim, claim.offer.assignment.mask, w.stranger);
    await w.refuses(operator, "release", w.releaseArgs(claim, signature), ...why);
  });

  it("refuses a path that is not the steps', before it is asked", async () => {
    const { w, workflow, operator } = await contractual();
    const call = w.claimCall(await w.offer(workflow, operator, [0]));
    const opening = { ...call.opening, path: [] };
    await w.refusesOperations(operator, { claims: [{ ...call, opening }] }, "StepsMismatch", [
      workflow.id,
      0,
    ]);
  });
});
