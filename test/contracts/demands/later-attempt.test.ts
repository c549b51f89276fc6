import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { freshCourt, PHASE, WINDOW } from "../support/court";

describe("A task whose first attempt was struck in a dispute", () => {
  it("can be challenged, and demanded, in its second attempt's batch", async () => {
    const court = await freshCourt();
    const { w } = court;
    const first = await court.batch(0, { count: 2 });
    const keys = [await court.demand(first, 0), await court.demand(first, 1)];
    await time.increase(WINDOW + 1);
    for (const key of keys) await w.send(w.stranger, "closeDemand", [key]);
    const claim = await w.claim(court.workflow, w.operators[1]!, [0, 1], { attempt: 2 });
    const second = await w.commit(claim, { wrong: [0] });
    await w.send(w.challenger, "challenge", w.challengeArgs(second, 0));
    const key = await court.demand(second, 1);
    expect(await court.phase(key)).to.equal(PHASE.demanded);
  });
});
