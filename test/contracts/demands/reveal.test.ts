import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { concatHex, toHex } from "viem";
import { DEMAND_BOND, freshCourt, PHASE, WINDOW } from "../support/court";
import { told } from "../support/events";
import { MIN_STAKE, statementOf, ZERO32 } from "../support/world";

describe("Market.reveal", () => {
  it("pays the demander's bond to whoever reveals, and opens another window", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 2 });
    const key = await court.demand(batch, 1);
    const events = await w.send(w.stranger, "reveal", court.revealArgs(batch, 1));
    expect(events.map(told)).to.deep.equal([
      { name: "CallEnded", caller: w.challenger.address, key, back: 0n, spent: DEMAND_BOND },
      {
        name: "Revealed",
        operator: w.operators[0]!.address,
        workflow: BigInt(court.workflow.id),
        key,
        revealer: w.stranger.address,
        bond: DEMAND_BOND,
        until: BigInt((await time.latest()) + WINDOW),
        result: statementOf(court.workflow.id, 1),
      },
    ]);
    expect(await w.account(w.challenger.address)).to.deep.equal({
      free: 2n * MIN_STAKE - DEMAND_BOND,
      locked: 0n,
      owed: 0n,
    });
    expect((await w.account(w.stranger.address)).owed).to.equal(DEMAND_BOND);
    expect(await court.phase(key)).to.equal(PHASE.revealed);
  });

  it("refuses a second after the window", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const key = await court.demand(batch, 0);
    const until = (await time.latest()) + WINDOW;
    await time.setNextBlockTimestamp(until + 1);
    await w.refuses(w.operators[0]!, "reveal", court.revealArgs(batch, 0), "DeadlinePassed", [
      until,
    ]);
    expect(await court.phase(key)).to.equal(PHASE.demanded);
  });

  it("takes the last second", async () => {
    const court = await freshCourt();
    const batch = await court.batch(0);
    await court.demand(batch, 0);
    await time.setNextBlockTimestamp((await time.latest()) + WINDOW);
    await court.w.send(court.w.operators[0]!, "reveal", court.revealArgs(batch, 0));
  });

  it("refuses another result, another root, and another task's result", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 2 });
    await court.demand(batch, 1);
    const changes = [
      { result: toHex("another") },
      { result: "0x" },
      { root: ZERO32 },
      { result: statementOf(court.workflow.id, 0) },
    ];
    for (const change of changes)
      await w.refuses(
        w.operators[0]!,
        "reveal",
        court.revealArgs(batch, 1, change),
        "CommitmentMismatch",
      );
  });

  it("refuses more bytes than the step reveals, even if they are the result", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    await court.demand(batch, 0);
    const result = concatHex([toHex("", { size: 1024 }), "0x00"]);
    await w.refuses(
      w.operators[0]!,
      "reveal",
      court.revealArgs(batch, 0, { result }),
      "ResultTooLarge",
      [1025, 1024],
    );
  });

  it("refuses what was not demanded, what was revealed, and what is closed", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const key = court.key(batch, 0);
    const refused = (phase: bigint) =>
      w.refuses(w.operators[0]!, "reveal", court.revealArgs(batch, 0), "DisputePhase", [
        key,
        phase,
      ]);
    await refused(PHASE.none);
    await court.revealed(batch, 0);
    await refused(PHASE.revealed);
    await time.increase(WINDOW + 1);
    await w.send(w.stranger, "closeDemand", [key]);
    await refused(PHASE.closed);
  });
});
