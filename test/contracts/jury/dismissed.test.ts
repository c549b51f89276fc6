import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { courtSteps, freshCourt, PHASE, SMALL, stake, WINDOW } from "../support/court";
import { MIN_STAKE } from "../support/world";

describe("A dismissed case", () => {
  /** Four jurors and the operator: too few. */
  async function dismissed() {
    const court = await freshCourt();
    const [operator] = court.w.operators;
    const batch = await court.smallPool([...court.jurors.slice(0, 4), operator!]);
    const key = await court.call(batch, 0);
    const until = (await time.latest()) + WINDOW;
    await court.draw(key);
    return { court, w: court.w, batch, key, until };
  }

  it("is paid, but not before the window that it was called in is over", async () => {
    const { w, key, until } = await dismissed();
    await time.setNextBlockTimestamp(until);
    await w.refuses(w.stranger, "closeDemand", [key], "DeadlineNotPassed", [until]);
    await time.increaseTo(until + 1);
    const [event] = await w.send(w.stranger, "closeDemand", [key]);
    expect(event!.name).to.equal("DisputePaid");
  });

  it("can be brought before a jury again, once the pool has enough, within that window", async () => {
    const { court, w, batch, key, until } = await dismissed();
    await court.seat(court.jurors[4]!, 1, SMALL);
    await w.send(w.challenger, "callJuryDisputed", court.againArgs(batch, 0));
    expect((await w.market.disputeOf(key)).until).to.equal(until);
    await court.judged(key, [2, 2, 2, 2, 2]);
    expect(await court.phase(key)).to.equal(PHASE.closed);
    expect((await w.market.fateOf(batch.offer.workflow.id, 0, 1)).isStruck).to.equal(true);
  });

  it("does not last longer because it is called and dismissed again and again", async () => {
    const { court, w, batch, key, until } = await dismissed();
    for (let i = 0; i < 3; i++) {
      await w.send(w.challenger, "callJuryDisputed", court.againArgs(batch, 0));
      await court.draw(key);
      expect((await w.market.disputeOf(key)).until).to.equal(until);
    }
    expect((await w.account(w.challenger.address)).locked).to.equal(0n);
    await time.increaseTo(until + 1);
    await w.send(w.stranger, "closeDemand", [key]);
  });

  it("can still be demanded, once: a jury that could not be drawn hides nothing", async () => {
    const { court, w, batch, key } = await dismissed();
    const [event] = await w.send(w.challenger, "demandDisputed", court.againArgs(batch, 0));
    expect([event!.name, event!.args.key, event!.args.bond]).to.deep.equal([
      "Demanded",
      key,
      30_000n,
    ]);
    await w.send(w.operators[0]!, "reveal", court.revealArgs(batch, 0));
    await w.refuses(w.challenger, "demandDisputed", court.againArgs(batch, 0), "DisputePhase", [
      key,
      PHASE.revealed,
    ]);
  });

  it("is struck if its data is demanded and not revealed", async () => {
    const { court, w, batch, key } = await dismissed();
    await w.send(w.challenger, "demandDisputed", court.againArgs(batch, 0));
    await time.increase(WINDOW + 1);
    await w.send(w.stranger, "closeDemand", [key]);
    expect((await w.market.fateOf(batch.offer.workflow.id, 0, 1)).isStruck).to.equal(true);
  });

  it("refuses demands and calls once its window is over, and evidence of other terms", async () => {
    const { court, w, batch, key, until } = await dismissed();
    await stake(w, w.stranger, MIN_STAKE);
    const other = [key, batch.ticket.root, { ...court.judgeOf(batch), maxReveal: 2048 }];
    await w.refuses(w.stranger, "demandDisputed", other, "StepsMismatch");
    await time.increaseTo(until);
    for (const name of ["demandDisputed", "callJuryDisputed"])
      await w.refuses(w.stranger, name, court.againArgs(batch, 0), "DeadlinePassed", [until]);
  });

  it("refuses demands of results that are too large", async () => {
    const court = await freshCourt();
    const { w } = court;
    for (const juror of [...court.jurors.slice(0, 4), w.operators[0]!])
      await court.seat(juror, 1, SMALL);
    const steps = courtSteps(w, { checkProgram: SMALL, maxReveal: 0 });
    const workflow = await w.open({ steps });
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, [0]));
    await court.draw(await court.call(batch, 0));
    await w.refuses(w.challenger, "demandDisputed", court.againArgs(batch, 0), "NotRevealable", [
      workflow.id,
    ]);
  });
});
