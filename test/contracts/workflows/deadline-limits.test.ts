import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { openSteps } from "../support/opening";
import { freshWorld } from "../support/world";

const YEAR = 365 * 86_400;

describe("A workflow's deadline", () => {
  for (const [name, ahead] of [
    ["the next second", 1],
    ["a year ahead", YEAR],
  ] as const)
    it(`may be ${name}`, async () => {
      const w = await freshWorld();
      const now = (await time.latest()) + 100;
      await time.setNextBlockTimestamp(now);
      await openSteps(w, w.steps(), { deadline: now + ahead });
      expect((await w.market.workflowOf(1)).deadline).to.equal(BigInt(now + ahead));
    });

  it("may be moved on by a second, and to a year ahead", async () => {
    const w = await freshWorld();
    const { id, deadline } = await w.open();
    await w.send(w.requester, "extendDeadline", [id, deadline + 1]);
    expect((await w.market.workflowOf(id)).deadline).to.equal(BigInt(deadline + 1));
    const now = (await time.latest()) + 100;
    await time.setNextBlockTimestamp(now);
    await w.send(w.requester, "extendDeadline", [id, now + YEAR]);
    expect((await w.market.workflowOf(id)).deadline).to.equal(BigInt(now + YEAR));
  });
});
