import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { BOND, freshCourt, PRICE, SHARE, TASK, VERDICT, WINDOW } from "../support/court";
import { commitBuilt, CULPRIT, strikeCulprit, voidArgs } from "../support/inputs";
import { batchArgs, OTHER_RESULT, receipt } from "../support/receipts";

const STAKE = 10_000_000n;

/** A void result of task 0, wrong for its own inputs if asked. */
async function voided(task = 0, wrong = false) {
  const court = await freshCourt();
  const { w } = court;
  const batch = await commitBuilt(court, [task, task + 1], { wrong: wrong ? [task] : [], slot: 3 });
  await strikeCulprit(court);
  await w.send(w.stranger, "voidResult", voidArgs(court, batch, task));
  const spent = async () => (await w.market.taskWordOf(court.workflow.id, task / 192)).spent;
  return { court, w, batch, operator: w.operators[0]!, spent };
}

describe("A void result that is wrong for its own inputs", () => {
  it("is struck by its verifier all the same, without a second refund of its price", async () => {
    const { court, w, batch, operator, spent } = await voided(0, true);
    expect(await spent()).to.equal(PRICE);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    expect(await spent()).to.equal(PRICE);
    const { removed, voided: left } = await w.market.slotOf(operator.address, 3);
    expect([removed, left]).to.deep.equal([1n, 0n]);
    expect(await w.market.retryOf(court.workflow.id, 0)).to.deep.equal([1n, true]);
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 0), "AlreadyStruck", [0, 1]);
    await time.increase(WINDOW);
    await w.settle(batch);
    expect(await w.account(operator.address)).to.deep.equal({
      free: STAKE - BOND,
      locked: 0n,
      owed: PRICE + SHARE.pot,
    });
  });

  it("is struck although a later attempt holds the task, which goes on untouched", async () => {
    const { court, w, batch } = await voided(0, true);
    const next = await commitBuilt(court, [0], {
      operator: w.operators[1]!,
      attempt: 2,
      source: 2,
    });
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    expect(await w.market.retryOf(court.workflow.id, 0)).to.deep.equal([1n, false]);
    await time.increase(WINDOW);
    await w.settle(next);
    await w.settle(batch);
    expect((await w.account(w.operators[1]!.address)).owed).to.equal(PRICE);
  });

  it("is struck although the later attempt is void too, which can be struck as well", async () => {
    const { court, w, batch } = await voided(0, true);
    const options = { operator: w.operators[1]!, attempt: 2, source: 2, wrong: [0] };
    const next = await commitBuilt(court, [0], options);
    await strikeCulprit(court, 2);
    await w.send(w.stranger, "voidResult", voidArgs(court, next, 0, {}, 2));
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    await w.send(w.challenger, "challenge", w.challengeArgs(next, 0));
    for (const one of [batch, next])
      await w.refuses(w.challenger, "challenge", w.challengeArgs(one, 0), "AlreadyStruck");
    expect((await w.account(w.operators[0]!.address)).locked).to.equal(BOND);
    expect((await w.account(w.operators[1]!.address)).locked).to.equal(0n);
  });

  it("is struck with a receipt of another result", async () => {
    const { w, batch, spent } = await voided();
    const signed = await receipt(w, batch, 0, OTHER_RESULT);
    await w.send(w.stranger, "strikeReceipt", batchArgs(w, batch, 0, signed));
    expect(await spent()).to.equal(PRICE);
  });

  it("is struck in a dispute, without a second refund", async () => {
    const { court, w, batch, spent } = await voided(0, true);
    await court.demand(batch, 0);
    await w.send(w.challenger, "challengeDisputed", court.disputedArgs(batch, 0));
    expect(await spent()).to.equal(PRICE);
    expect(await court.fate(0)).to.deep.equal([true, true, true, SHARE.pot]);
  });

  it("is struck if its data is demanded and withheld", async () => {
    const { court, w, batch, spent } = await voided();
    const key = await court.demand(batch, 0);
    await time.increase(WINDOW + 1);
    await w.send(w.stranger, "closeDemand", [key]);
    expect(await spent()).to.equal(PRICE);
  });
});

describe("A void result in dispute", () => {
  it("counts as removed and no longer as void in its batch", async () => {
    const { court, w, batch, operator } = await voided();
    await court.demand(batch, 0);
    const { removed, voided: left } = await w.market.slotOf(operator.address, 3);
    expect([removed, left]).to.deep.equal([1n, 0n]);
    await time.increase(WINDOW);
    await w.settle(batch);
    expect((await w.account(operator.address)).owed).to.equal(PRICE + SHARE.pot);
  });

  it("has its bond back, and no pay, once it is revealed and nobody strikes it", async () => {
    const { court, w, batch, operator, spent } = await voided();
    const key = await court.revealed(batch, 0);
    await time.increase(WINDOW + 1);
    await w.settle(batch);
    const { owed } = await w.account(operator.address);
    const [event] = await w.send(w.stranger, "closeDemand", [key]);
    expect([event!.args.pay, event!.args.bond]).to.deep.equal([0n, BOND]);
    expect(await w.account(operator.address)).to.deep.equal({ free: STAKE, locked: 0n, owed });
    expect(await spent()).to.equal(PRICE);
  });

  for (const [verdict, events] of [
    [VERDICT.valid, ["CaseClosed", "CallEnded", "DisputePaid"]],
    [VERDICT.inputsWrong, ["CaseClosed", "CallEnded", "DisputeVoided"]],
    [VERDICT.invalid, ["CaseClosed", "CallEnded", "Struck"]],
  ] as const)
    it(`is unpaid, and opened once only, whatever a jury finds (${verdict})`, async () => {
      const { court, w, batch, spent } = await voided(TASK.jury);
      const key = await court.call(batch, TASK.jury);
      await w.claim(court.workflow, w.operators[1]!, [TASK.jury], { step: 2, attempt: 2 });
      const before = await spent();
      const judged = await court.judged(
        key,
        Array.from({ length: 5 }, () => verdict),
      );
      expect(judged.events.map(({ name }) => name)).to.deep.equal([...events]);
      expect(await spent()).to.equal(before);
      expect(await w.market.retryOf(court.workflow.id, TASK.jury)).to.deep.equal([1n, false]);
    });
});

describe("Every attempt has its own fate", () => {
  it("a task in dispute stays out of its batch, although a later attempt of it is in dispute too", async () => {
    const { court, w, batch } = await voided(0, true);
    const options = { operator: w.operators[1]!, attempt: 2, source: 2 };
    const next = await commitBuilt(court, [0], options);
    await court.demand(batch, 0);
    await court.demand(next, 0);
    await w.refuses(w.stranger, "challenge", w.challengeArgs(batch, 0), "AlreadyStruck", [0, 1]);
    await w.refuses(w.challenger, "callJury", court.openArgs(batch, 0), "AlreadyStruck", [0, 1]);
    await w.send(w.stranger, "challengeDisputed", court.disputedArgs(batch, 0));
    await w.refuses(w.stranger, "challenge", w.challengeArgs(batch, 0), "AlreadyStruck", [0, 1]);
    const { locked } = await w.account(w.operators[0]!.address);
    expect(locked).to.equal(BOND);
  });

  it("two struck attempts of one task each void what was built on them, out of their own pots", async () => {
    const court = await freshCourt();
    const { w } = court;
    const first = await commitBuilt(court, [0], { slot: 1, source: 1 });
    const second = await commitBuilt(court, [1], { slot: 2, source: 2 });
    await strikeCulprit(court, 1);
    await strikeCulprit(court, 2);
    for (const [batch, task, source] of [
      [first, 0, 1],
      [second, 1, 2],
    ] as const) {
      const args = voidArgs(court, batch, task, {}, source);
      const [event] = await w.send(w.stranger, "voidResult", args);
      expect(event!.args.compensation).to.equal(SHARE.pot);
      expect((await court.fate(CULPRIT, source)).at(-1)).to.equal(0n);
    }
  });
});
