import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { freshWorld } from "../support/world";

/** So large that a hundredth of a per cent of it is a unit. */
const BOND = 1_000_000n;

describe("The shares of a bond", () => {
  it("are exact to a hundredth of a per cent: 40, 30 and 15 of a struck bond, 10 given back early, 20 late", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ steps: w.steps({ bond: BOND }) });
    const [one, two] = w.operators;
    const batch = await w.commit(await w.claim(workflow, one!, [0]), { wrong: [0] });
    const [struck] = await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    const { toChallenger, toRequester, pot } = struck!.args;
    expect([toChallenger, toRequester, pot]).to.deep.equal([400_000n, 300_000n, 150_000n]);
    const early = await w.claim(workflow, one!, [1], { slot: 1 });
    const late = await w.claim(workflow, two!, [2]);
    const [released] = await w.send(one!, "release", w.releaseArgs(early));
    expect(released!.args.penalty).to.equal(100_000n);
    await time.increase(601);
    const [expired] = await w.send(w.stranger, "expire", w.expireArgs(late));
    expect(expired!.args.penalty).to.equal(200_000n);
  });
});
