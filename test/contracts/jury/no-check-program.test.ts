import { courtSteps, freshCourt } from "../support/court";
import { ZERO32 } from "../support/world";

describe("A step without a check program", () => {
  it("has no jury, although five have taken seats for the program zero", async () => {
    const court = await freshCourt();
    const { w } = court;
    for (const juror of court.jurors) await court.seat(juror, 1, ZERO32);
    const steps = courtSteps(w, { checkProgram: ZERO32, jurorFee: 0n }).slice(0, 1);
    const workflow = await w.open({ steps });
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, [0]));
    const args = court.openArgs(batch, 0);
    await w.refuses(w.challenger, "callJury", args, "JuryMissing", [ZERO32, 5, 5]);
  });
});
