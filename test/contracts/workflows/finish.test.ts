import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";
import { told } from "../support/events";
import { freshWorld, type World } from "../support/world";

const withoutFinal = (w: World) => w.steps().slice(0, 2);

describe("Market.finish", () => {
  for (const role of ["coordinator", "requester"] as const)
    it(`lets the ${role} complete a workflow without a final step`, async () => {
      const w = await freshWorld();
      const workflow = await w.open({ steps: withoutFinal(w) });
      const [event] = await w.send(w[role], "finish", [workflow.id]);
      expect(told(event!)).to.deep.equal({
        name: "WorkflowCompleted",
        workflow: BigInt(workflow.id),
        verifier: ZeroAddress,
        statementDigest: ZeroHash,
      });
      expect((await w.market.workflowOf(workflow.id)).status).to.equal(2n);
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
