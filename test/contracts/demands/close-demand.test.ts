import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { BOND, DEMAND_BOND, freshCourt, PHASE, PRICE, TASK, WINDOW } from "../support/court";
import { told } from "../support/events";
import { MIN_STAKE } from "../support/world";

describe("Market.closeDemand", () => {
  it("pays a revealed result that nobody struck in its window", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(TASK.jury);
    const key = await court.revealed(batch, TASK.jury);
    await time.increase(WINDOW + 1);
    const events = await w.send(w.stranger, "closeDemand", [key]);
    expect(events.map(told)).to.deep.equal([
      {
        name: "DisputePaid",
        operator: w.operators[0]!.address,
        workflow: BigInt(court.workflow.id),
        key,
        pay: PRICE,
        bond: BOND,
      },
    ]);
    expect(await w.account(w.operators[0]!.address)).to.deep.equal({
      free: 10_000_000n,
      locked: 0n,
      owed: PRICE + DEMAND_BOND,
    });
    expect(await w.market.retryOf(court.workflow.id, TASK.jury)).to.deep.equal([0n, false]);
  });

  it("strikes a result that was not revealed, for the demander, whose bond returns", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const key = await court.demand(batch, 0);
    await time.increase(WINDOW + 1);
    const events = await w.send(w.stranger, "closeDemand", [key]);
    expect(events.map(told)).to.deep.equal([
      { name: "CallEnded", caller: w.challenger.address, key, back: DEMAND_BOND, spent: 0n },
      {
        name: "Struck",
        operator: w.operators[0]!.address,
        workflow: BigInt(court.workflow.id),
        task: 0n,
        attempt: 1n,
        challenger: w.challenger.address,
        slot: 0n,
        bond: BOND,
        toChallenger: 200n,
        toRequester: 150n,
        pot: 75n,
      },
    ]);
    expect(await w.account(w.challenger.address)).to.deep.equal({
      free: 2n * MIN_STAKE,
      locked: 0n,
      owed: 200n,
    });
    expect(await w.market.retryOf(court.workflow.id, 0)).to.deep.equal([1n, true]);
    expect((await w.market.taskWordOf(court.workflow.id, 0)).spent).to.equal(0n);
    expect(await court.fate(0)).to.deep.equal([false, true, true, 75n]);
  });

  for (const state of ["demanded", "revealed"] as const)
    it(`refuses before the window of a ${state} result is over`, async () => {
      const court = await freshCourt();
      const { w } = court;
      const batch = await court.batch(0);
      const key = await (state === "demanded" ? court.demand(batch, 0) : court.revealed(batch, 0));
      const until = (await time.latest()) + WINDOW;
      await time.setNextBlockTimestamp(until);
      await w.refuses(w.stranger, "closeDemand", [key], "DeadlineNotPassed", [until]);
    });

  it("refuses what is no demand, or is closed", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 2 });
    const key = court.key(batch, 0);
    const refused = (phase: bigint, of = key) =>
      w.refuses(w.stranger, "closeDemand", [of], "DisputePhase", [of, phase]);
    await refused(PHASE.none);
    await court.demand(batch, 0);
    const called = await court.call(batch, 1);
    await refused(PHASE.drawing, called);
    await court.draw(called);
    await refused(PHASE.voting, called);
    await time.increase(WINDOW + 1);
    await w.send(w.stranger, "closeDemand", [key]);
    await refused(PHASE.closed);
  });

  it("lets a struck task be claimed again by a later attempt, and paid", async () => {
    const court = await freshCourt();
    const { w } = court;
    const key = await court.demand(await court.batch(0), 0);
    await time.increase(WINDOW + 1);
    await w.send(w.stranger, "closeDemand", [key]);
    const next = await w.commit(
      await w.claim(court.workflow, w.operators[1]!, [0], { attempt: 2 }),
    );
    await time.increase(WINDOW);
    await w.settle(next);
    expect((await w.account(w.operators[1]!.address)).owed).to.equal(PRICE);
  });
});
