import { expect } from "chai";
import { batchUnder, finalUnder } from "../support/hostile-verifier";
import { freshWorld, range, type Account, type World } from "../support/world";

/** Gas limits from what hardly reaches the verifier to more than it needs. */
const LIMITS = range(0, 24).map((i) => 80_000 + i * 40_000);
/** Of the 100,000 that the terms promise, what this verifier needs to say yes. */
const NEEDED = 97_000;

/** What a call ends with under each gas limit. */
async function endings(w: World, account: Account, name: string, args: unknown[]) {
  const call = w.as(account).getFunction(name);
  const ends = new Set<string>();
  for (const gasLimit of LIMITS)
    ends.add(
      await call.staticCall(...args, { gasLimit }).then(
        () => "done",
        (e: Error) => /custom error '(\w+)/.exec(e.message)?.[1] ?? "out of gas",
      ),
    );
  return ends;
}

describe("Attack: a verifier is starved of gas", () => {
  it("to strike a right result: with less than the terms promise the challenge itself reverts", async () => {
    const w = await freshWorld();
    const { batch, verifier } = await batchUnder(w, "needGas", NEEDED);
    const args = w.challengeArgs(batch, 0);
    await w.refuses(w.challenger, "challenge", args, "ResultValid", [verifier]);
    const ends = await endings(w, w.challenger, "challenge", args);
    expect(ends).to.include("VerifierGasShort").and.to.include("ResultValid");
    expect(ends).not.to.include("done");
  });

  it("to have a final proof refused: the call reverts for want of gas, and with enough the proof is taken", async () => {
    const w = await freshWorld();
    const { claim, workflow } = await finalUnder(w, "needGas", NEEDED);
    const [operator] = w.operators;
    const ends = await endings(w, operator!, "submitFinal", w.finalArgs(claim));
    expect(ends).to.include("VerifierGasShort").and.to.include("done");
    expect(ends).not.to.include("ResultInvalid");
    await w.send(operator!, "submitFinal", w.finalArgs(claim));
    expect((await w.market.workflowOf(workflow.id)).status).to.equal(2n);
  });
});
