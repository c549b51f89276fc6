import { expect } from "chai";
import { size } from "viem";
import { courtSteps, freshCourt, PHASE } from "../support/court";
import { statementOf } from "../support/world";

describe("A result as large as its step reveals", () => {
  it("is revealed, and refused where the step reveals a byte less", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [operator] = w.operators;
    const length = size(statementOf(court.workflow.id + 1, 0));
    for (const [slot, maxReveal] of [length, length - 1].entries()) {
      const workflow = await w.open({ steps: courtSteps(w, { maxReveal }) });
      const batch = await w.commit(await w.claim(workflow, operator!, [0], { slot }));
      const key = await court.demand(batch, 0);
      const args = court.revealArgs(batch, 0);
      if (maxReveal < length)
        await w.refuses(operator!, "reveal", args, "ResultTooLarge", [length, maxReveal]);
      else {
        await w.send(operator!, "reveal", args);
        expect(await court.phase(key)).to.equal(PHASE.revealed);
      }
    }
  });
});
