import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { BOND, DEMAND_BOND, freshCourt, PHASE, PRICE, SHARE, TASK, WINDOW } from "../support/court";
import { told } from "../support/events";
import { builtOn, commitBuilt, CULPRIT, strikeCulprit, voidDisputedArgs } from "../support/inputs";
import { ZERO32 } from "../support/world";

const STAKE = 10_000_000n;

/** A result in dispute whose input was struck after it had left its batch. */
async function disputed(task = 0) {
  const court = await freshCourt();
  const { w } = court;
  const batch = await commitBuilt(court, [task], { slot: 3 });
  const key = await court.demand(batch, task);
  await strikeCulprit(court);
  return { court, w, batch, key, operator: w.operators[0]! };
}

describe("Market.voidDisputed", () => {
  it("leaves a result in dispute unpaid, its bond at stake, and opens its task", async () => {
    const { court, w, batch, key, operator } = await disputed();
    const events = await w.send(w.stranger, "voidDisputed", voidDisputedArgs(court, batch, 0));
    expect(events.map(told)).to.deep.equal([
      {
        name: "Voided",
        operator: operator.address,
        workflow: BigInt(court.workflow.id),
        task: 0n,
        attempt: 1n,
        slot: 3n,
        culprit: BigInt(CULPRIT),
        compensation: SHARE.pot,
      },
    ]);
    expect(await w.account(operator.address)).to.deep.equal({
      free: STAKE - BOND,
      locked: BOND,
      owed: SHARE.pot,
    });
    expect([await court.phase(key), await court.fate(0)]).to.deep.equal([
      PHASE.demanded,
      [true, true, false, 0n],
    ]);
    expect((await w.market.taskWordOf(court.workflow.id, 0)).spent).to.equal(0n);
    expect(await w.market.retryOf(court.workflow.id, 0)).to.deep.equal([1n, true]);
    const { removed, voided } = await w.market.slotOf(operator.address, 3);
    expect([removed, voided]).to.deep.equal([1n, 0n]);
  });

  it("the dispute goes on: revealed, the bond goes back without pay", async () => {
    const { court, w, batch, key, operator } = await disputed();
    await w.send(w.stranger, "voidDisputed", voidDisputedArgs(court, batch, 0));
    const next = await commitBuilt(court, [0], {
      operator: w.operators[1]!,
      attempt: 2,
      source: 2,
    });
    await w.send(operator, "reveal", court.revealArgs(batch, 0));
    await time.increase(WINDOW + 1);
    const [event] = await w.send(w.stranger, "closeDemand", [key]);
    expect([event!.name, event!.args.pay]).to.deep.equal(["DisputePaid", 0n]);
    expect(await w.account(operator.address)).to.deep.equal({
      free: STAKE,
      locked: 0n,
      owed: SHARE.pot + DEMAND_BOND,
    });
    await w.settle(next);
    expect((await w.account(w.operators[1]!.address)).owed).to.equal(PRICE);
  });

  it("the dispute goes on: withheld, it is struck, without a second refund of its price", async () => {
    const { court, w, batch, key, operator } = await disputed();
    await w.send(w.stranger, "voidDisputed", voidDisputedArgs(court, batch, 0));
    await time.increase(WINDOW + 1);
    await w.send(w.stranger, "closeDemand", [key]);
    expect((await w.account(operator.address)).free).to.equal(STAKE - BOND);
    expect(await court.fate(0)).to.deep.equal([true, true, true, SHARE.pot]);
  });

  it("reaches a result before its jury, whose verdict then is about the bond only", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await commitBuilt(court, [TASK.jury]);
    const key = await court.call(batch, TASK.jury);
    await strikeCulprit(court);
    const jurors = await court.sitting(key);
    await w.send(w.stranger, "voidDisputed", voidDisputedArgs(court, batch, TASK.jury));
    await court.vote(key, jurors, [1, 1, 1]);
    await time.increase(WINDOW);
    await court.openVotes(key, jurors, [1, 1, 1]);
    await time.increase(2 * WINDOW);
    const events = await w.send(w.stranger, "closeCase", [key]);
    expect([events[2]!.name, events[2]!.args.pay]).to.deep.equal(["DisputePaid", 0n]);
  });

  it("refuses inputs that stand, that were not signed, and that there are not", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await commitBuilt(court, [0]);
    await court.demand(batch, 0);
    const refused = (change: Record<string, unknown>, error: string) =>
      w.refuses(w.stranger, "voidDisputed", voidDisputedArgs(court, batch, 0, change), error);
    await refused({}, "InputNotStruck");
    await strikeCulprit(court);
    await refused({ index: 2 }, "InputNotStruck");
    await refused({ inputs: builtOn({ task: 7, attempt: 1 }).opening }, "InputsMismatch");
    await refused({ root: ZERO32 }, "StepsMismatch");
    await refused({ judgeHash: ZERO32 }, "StepsMismatch");
    await refused({ leaf: { ...w.leafOpening(batch, 0), path: [ZERO32] } }, "LeafMismatch");
  });

  it("refuses what is void already, in no dispute, or in a closed one", async () => {
    const { court, w, batch, key } = await disputed();
    const args = voidDisputedArgs(court, batch, 0);
    const free = await commitBuilt(court, [1], { slot: 4 });
    await w.refuses(w.stranger, "voidDisputed", voidDisputedArgs(court, free, 1), "DisputePhase", [
      court.key(free, 1),
      PHASE.none,
    ]);
    await w.send(w.stranger, "voidDisputed", args);
    await w.refuses(w.stranger, "voidDisputed", args, "AlreadyVoid", [0, 1]);
    await time.increase(WINDOW + 1);
    await w.send(w.stranger, "closeDemand", [key]);
    await w.refuses(w.stranger, "voidDisputed", args, "DisputePhase", [key, PHASE.closed]);
  });
});
