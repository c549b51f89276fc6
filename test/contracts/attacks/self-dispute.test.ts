import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import {
  BOND,
  DEMAND_BOND,
  freshCourt,
  PHASE,
  PRICE,
  SHARE,
  SMALL,
  WINDOW,
} from "../support/court";
import { MIN_STAKE } from "../support/world";

const STAKE = 10_000_000n;

describe("Attack: an operator disputes its own result, to keep others from striking it", () => {
  it("a self-demand, revealed at once, keeps neither verifier nor jury away", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    const batch = await court.batch(0, { count: 2, wrong: [0, 1] });
    for (const task of [0, 1]) {
      await court.demand(batch, task, attacker);
      await w.send(attacker!, "reveal", court.revealArgs(batch, task));
    }
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 0), "AlreadyStruck");
    await w.send(w.challenger, "challengeDisputed", court.disputedArgs(batch, 0));
    await w.send(w.challenger, "callJuryDisputed", court.againArgs(batch, 1));
    await court.judged(court.key(batch, 1), [2, 2, 2, 2, 2]);
    expect((await w.account(w.challenger.address)).owed).to.equal(2n * SHARE.challenger);
    expect((await w.account(attacker!.address)).locked).to.equal(0n);
  });

  it("a self-demand in the last second gives others more time, not less", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    const batch = await court.batch(0, { wrong: [0] });
    await time.setNextBlockTimestamp((await time.latest()) + WINDOW - 1);
    await court.demand(batch, 0, attacker);
    await time.increase(WINDOW - 1);
    await w.send(attacker!, "reveal", court.revealArgs(batch, 0));
    await time.increase(WINDOW - 1);
    await w.send(w.challenger, "challengeDisputed", court.disputedArgs(batch, 0));
  });

  it("a self-called jury is struck before it has judged, or while it does", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    const batch = await court.batch(0, { count: 2, wrong: [0, 1] });
    for (const task of [0, 1]) await court.call(batch, task, attacker);
    await w.send(w.challenger, "challengeDisputed", court.disputedArgs(batch, 0));
    await court.sitting(court.key(batch, 1));
    await w.send(w.challenger, "challengeDisputed", court.disputedArgs(batch, 1));
    expect(await w.account(attacker!.address)).to.deep.equal({
      free: STAKE - 2n * BOND,
      locked: 0n,
      owed: 0n,
    });
  });

  it("freezes nothing but that task: the others of the batch mature, are struck and settle as they would", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    const batch = await court.batch(0, { count: 3, wrong: [2] });
    await court.demand(batch, 0, attacker);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 2));
    await time.increase(WINDOW);
    await w.settle(batch);
    expect((await w.account(attacker!.address)).owed).to.equal(PRICE);
  });
});

describe("Attack: an operator calls a jury out of a pool of its own seats", () => {
  /** The attacker owns all seats; its data is nowhere. */
  async function ownPool() {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    const batch = await court.smallPool(Array.from({ length: 5 }, () => attacker!));
    const key = await court.call(batch, 0, attacker);
    const until = (await time.latest()) + WINDOW;
    await court.draw(key);
    return { court, w, attacker: attacker!, batch, key, until };
  }

  it("is not paid before the window is over that it had to wait anyway", async () => {
    const { w, attacker, key, until } = await ownPool();
    await w.refuses(attacker, "closeDemand", [key], "DeadlineNotPassed", [until]);
  });

  it("can't dodge a demand of withheld data with it", async () => {
    const { court, w, batch, key } = await ownPool();
    await w.send(w.challenger, "demandDisputed", court.againArgs(batch, 0));
    await time.increase(WINDOW + 1);
    await w.send(w.challenger, "closeDemand", [key]);
    expect((await w.account(w.challenger.address)).owed).to.equal(SHARE.challenger);
  });

  it("can't keep out honest jurors who take seats later", async () => {
    const { court, w, batch, key } = await ownPool();
    for (const juror of court.jurors) await court.seat(juror, 10, SMALL);
    await w.send(w.challenger, "callJuryDisputed", court.againArgs(batch, 0));
    await court.judged(key, [4, 4, 4, 4, 4]);
    expect((await w.market.fateOf(batch.offer.workflow.id, 0, 1)).isStruck).to.equal(true);
  });
});

describe("Attack: digests of bytes that nobody has", () => {
  it("are not paid once the data is demanded, and cost the bond", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    const claim = await w.claim(court.workflow, attacker!, [0]);
    const nothing = `0x${"ab".repeat(32)}` as const;
    const { call, batch } = await w.commitCall(claim);
    const commitments = [nothing];
    await w.advance(attacker!, { commits: [{ ...call, commitments }] });
    const withheld = { ...batch, commitments };
    await court.demand(withheld, 0);
    const key = court.key(withheld, 0);
    await w.refuses(attacker!, "reveal", court.revealArgs(withheld, 0), "CommitmentMismatch");
    await time.increase(WINDOW + 1);
    await w.send(w.challenger, "closeDemand", [key]);
    expect(await w.account(attacker!.address)).to.deep.equal({
      free: STAKE - BOND,
      locked: 0n,
      owed: 0n,
    });
  });

  it("are not paid if a jury can't get them either", async () => {
    const court = await freshCourt();
    const key = await court.call(await court.batch(384), 384);
    await court.judged(key, [4, 4, 4, 0, 1]);
    expect((await court.fate(384))[2]).to.equal(true);
    expect((await court.w.account(court.w.operators[0]!.address)).owed).to.equal(0n);
  });
});

describe("Attack: striking oneself for profit", () => {
  it("through a demand that one does not answer loses at least fifteen hundredths of the bond", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    const batch = await court.batch(0);
    const key = await court.demand(batch, 0, attacker);
    await time.increase(WINDOW + 1);
    await w.send(attacker!, "closeDemand", [key]);
    const { free, locked, owed } = await w.account(attacker!.address);
    expect([free + owed, locked]).to.deep.equal([STAKE - BOND + SHARE.challenger, 0n]);
    // Even with the requester's share and the whole pot in the same hand:
    const most = SHARE.challenger + SHARE.requester + SHARE.pot;
    expect((BOND - most) * 100n >= 15n * BOND).to.equal(true);
  });

  it("earns no early exit: bonds of demands and calls are locked until the dispute ends", async () => {
    const court = await freshCourt();
    const { w } = court;
    await court.demand(await court.batch(0), 0);
    await w.refuses(w.challenger, "startUnbonding", [2n * MIN_STAKE], "StakeInsufficient", [
      2n * MIN_STAKE - DEMAND_BOND,
      2n * MIN_STAKE,
    ]);
  });
});

describe("Attack: demands to cost an operator gas", () => {
  it("pay for it: once per task, and whoever reveals has the demander's bond", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [operator] = w.operators;
    const batch = await court.batch(0);
    const key = await court.revealed(batch, 0);
    await w.refuses(w.challenger, "demand", court.openArgs(batch, 0), "AlreadyStruck");
    await time.increase(WINDOW + 1);
    await w.send(operator!, "closeDemand", [key]);
    expect(await w.account(operator!.address)).to.deep.equal({
      free: STAKE,
      locked: 0n,
      owed: PRICE + DEMAND_BOND,
    });
    expect(await court.phase(key)).to.equal(PHASE.closed);
  });
});
