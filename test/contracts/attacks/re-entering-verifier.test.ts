import { expect } from "chai";
import { batchUnder, finalUnder } from "../support/hostile-verifier";
import { freshWorld } from "../support/world";

describe("Attack: a verifier that re-enters the market", () => {
  it("fails in a challenge: it is asked by a static call, so its attempt is a no", async () => {
    const w = await freshWorld();
    const { batch, workflow } = await batchUnder(w, "reEnter");
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(1n);
  });

  it("fails with a final proof, which is not accepted", async () => {
    const w = await freshWorld();
    const { claim, workflow, verifier } = await finalUnder(w, "reEnter");
    const why: [string, unknown[]] = ["ResultInvalid", [verifier]];
    await w.refuses(w.operators[0]!, "submitFinal", w.finalArgs(claim), ...why);
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(1n);
  });
});
