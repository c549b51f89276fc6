import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { BOND, courtSteps, DEMAND_BOND, freshCourt, PRICE, SHARE, WINDOW } from "../support/court";
import {
  builtOn,
  commitBuilt,
  CULPRIT,
  strikeCulprit,
  voidArgs,
  voidDisputedArgs,
} from "../support/inputs";

const STAKE = 10_000_000n;

describe("Attack: a cheap struck input, to excuse an invalid result", () => {
  it("fails: void, the result is struck all the same, and the attacker has lost both bonds", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await commitBuilt(court, [0], { wrong: [0] });
    await strikeCulprit(court);
    await w.send(w.operators[0]!, "voidResult", voidArgs(court, batch, 0));
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    await time.increase(WINDOW);
    await w.settle(batch);
    const mine = await w.account(w.operators[0]!.address);
    expect(mine).to.deep.equal({ free: STAKE - BOND, locked: 0n, owed: SHARE.pot });
    expect((await w.account(w.operators[2]!.address)).free).to.equal(STAKE - BOND);
  });

  it("fails with two struck inputs: the second void attempt does not bury the first", async () => {
    const court = await freshCourt();
    const { w } = court;
    const first = await commitBuilt(court, [0], { wrong: [0] });
    await strikeCulprit(court, 1);
    await w.send(w.operators[0]!, "voidResult", voidArgs(court, first, 0));
    const options = { operator: w.operators[1]!, attempt: 2, source: 2 };
    const second = await commitBuilt(court, [0], options);
    await strikeCulprit(court, 2);
    await w.send(w.operators[1]!, "voidResult", voidArgs(court, second, 0, {}, 2));
    await w.send(w.challenger, "challenge", w.challengeArgs(first, 0));
    expect((await w.account(w.operators[0]!.address)).locked).to.equal(0n);
    expect((await court.fate(0, 1))[2]).to.equal(true);
    expect(await court.fate(0, 2)).to.deep.equal([true, false, false, 0n]);
  });

  it("fails as a double strike: an attempt's bond is slashed once, whatever happens to later attempts", async () => {
    const court = await freshCourt();
    const { w } = court;
    const first = await commitBuilt(court, [0, 1], { wrong: [0] });
    await strikeCulprit(court, 1);
    await w.send(w.operators[0]!, "voidResult", voidArgs(court, first, 0));
    const options = { operator: w.operators[1]!, attempt: 2, source: 2 };
    const second = await commitBuilt(court, [0], options);
    await court.demand(first, 0);
    await court.demand(second, 0);
    await w.refuses(w.challenger, "challenge", w.challengeArgs(first, 0), "AlreadyStruck");
    await w.send(w.challenger, "challengeDisputed", court.disputedArgs(first, 0));
    await w.refuses(w.challenger, "challenge", w.challengeArgs(first, 0), "AlreadyStruck");
    await time.increase(WINDOW);
    await w.settle(first);
    expect(await w.account(w.operators[0]!.address)).to.deep.equal({
      free: STAKE - BOND,
      locked: 0n,
      owed: PRICE + SHARE.pot,
    });
  });
});

describe("Attack: a result is demanded by its own operator, so that it can't become void", () => {
  it("fails: it becomes void in the dispute, and is not paid", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    const batch = await commitBuilt(court, [0]);
    const key = await court.demand(batch, 0, attacker);
    await strikeCulprit(court);
    await w.send(attacker!, "reveal", court.revealArgs(batch, 0));
    await w.refuses(w.stranger, "voidResult", voidArgs(court, batch, 0), "AlreadyStruck");
    await w.send(w.stranger, "voidDisputed", voidDisputedArgs(court, batch, 0));
    await time.increase(WINDOW + 1);
    await w.send(attacker!, "closeDemand", [key]);
    expect(await w.account(attacker!.address)).to.deep.equal({
      free: STAKE - DEMAND_BOND,
      locked: 0n,
      owed: DEMAND_BOND + SHARE.pot,
    });
  });
});

describe("Attack: a struck task is struck again, so that what was built on it first is paid", () => {
  it("fails: each struck attempt voids its own dependents", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await commitBuilt(court, [0]);
    for (const attempt of [1, 2, 3]) await strikeCulprit(court, attempt);
    const [event] = await w.send(w.stranger, "voidResult", voidArgs(court, batch, 0));
    expect(event!.args.compensation).to.equal(SHARE.pot);
  });
});

describe("Attack: an honest result is made void by an input of an attempt that never was", () => {
  it("fails: only an attempt that was struck voids anything", async () => {
    const court = await freshCourt();
    const { w } = court;
    const { digest, opening, indexOf } = builtOn({ task: CULPRIT, attempt: 0 });
    const claim = await w.claim(court.workflow, w.operators[0]!, [0], { inputsDigests: [digest] });
    const batch = await w.commit(claim);
    const args = voidArgs(court, batch, 0, { inputs: opening, index: indexOf(CULPRIT) });
    await w.refuses(w.coordinator, "voidResult", args, "InputNotStruck");
    await strikeCulprit(court);
    await w.refuses(w.coordinator, "voidResult", args, "InputNotStruck");
  });
});

describe("Attack: culprit, challenger, requester and dependents are one person", () => {
  it("loses: fifteen hundredths of the bond burn, however many dependents are compensated", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [attacker] = w.operators;
    const one = attacker!;
    const workflow = await w.open({ steps: courtSteps(w), requester: one, feeBps: 0 });
    const claim = await w.claim(workflow, one, [CULPRIT], { slot: 1 });
    const culprit = await w.commit(claim, { wrong: [CULPRIT] });
    const { digest, opening, indexOf } = builtOn({ task: CULPRIT, attempt: 1 });
    const inputsDigests = [0, 1, 2].map(() => digest);
    const built = await w.commit(await w.claim(workflow, one, [0, 1, 2], { inputsDigests }));
    await w.send(one, "challenge", w.challengeArgs(culprit, CULPRIT));
    for (const [i, task] of [0, 1, 2].entries()) {
      const [batch, leaf] = [w.batchOpening(built, i), w.leafOpening(built, i)];
      const args = [batch, court.judgeHash(built), leaf, opening, indexOf(CULPRIT)];
      await w.send(one, "voidResult", args);
      expect((await w.market.fateOf(workflow.id, task, 1)).isVoid).to.equal(true);
    }
    await time.increase(WINDOW);
    await w.settle(culprit);
    await w.settle(built);
    const { free, locked, owed } = await w.account(one.address);
    const burned = BOND - SHARE.challenger - SHARE.requester - SHARE.pot;
    expect([free + owed, locked]).to.deep.equal([STAKE - burned, 0n]);
    expect(burned * 100n >= 15n * BOND).to.equal(true);
  });
});
