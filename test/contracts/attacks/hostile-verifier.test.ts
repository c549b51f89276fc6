import { expect } from "chai";
import { batchUnder, finalUnder, SILLY } from "../support/hostile-verifier";
import { freshWorld } from "../support/world";

describe("Attack: a verifier that reverts, burns its gas or answers nonsense", () => {
  for (const mode of SILLY)
    it(`(${mode}) says no to a challenged result, and costs the challenger no more than its gas`, async () => {
      const w = await freshWorld();
      const { batch } = await batchUnder(w, mode);
      const tx = await w
        .as(w.challenger)
        .getFunction("challenge")
        .send(...w.challengeArgs(batch, 0), { gasLimit: 1_000_000 });
      const receipt = await tx.wait();
      expect(receipt!.gasUsed < 400_000n).to.equal(true);
      await w.ledger.check();
      expect((await w.market.slotOf(w.operators[0]!.address, 0)).removed).to.equal(1n);
    });

  for (const mode of SILLY)
    it(`(${mode}) accepts no final proof, and leaves the claim as it was`, async () => {
      const w = await freshWorld();
      const { workflow, claim, verifier } = await finalUnder(w, mode);
      const why: [string, unknown[]] = ["ResultInvalid", [verifier]];
      await w.refuses(w.operators[0]!, "submitFinal", w.finalArgs(claim), ...why);
      expect((await w.market.workflowOf(workflow.id)).status).to.equal(1n);
      await w.send(w.operators[0]!, "release", w.releaseArgs(claim));
    });
});
