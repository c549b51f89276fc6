import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { toHex } from "viem";
import {
  BOND,
  courtSteps,
  DEMAND_BOND,
  freshCourt,
  LATE_GAS_REFUND,
  PHASE,
  PRICE,
  TASK,
  WINDOW,
} from "../support/court";
import { told } from "../support/events";
import { MIN_STAKE } from "../support/world";

describe("Market.demand", () => {
  it("locks the caller's bond and moves the task, with pay and bond, out of its batch", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 20, slot: 3 });
    const [event, ...rest] = await w.send(w.challenger, "demand", court.openArgs(batch, 17));
    const until = BigInt((await time.latest()) + WINDOW);
    const [operator] = w.operators;
    expect(rest).to.deep.equal([]);
    expect(told(event!)).to.deep.equal({
      name: "Demanded",
      operator: operator!.address,
      workflow: BigInt(court.workflow.id),
      key: court.key(batch, 17),
      caller: w.challenger.address,
      slot: 3n,
      bond: DEMAND_BOND,
      until,
    });
    expect(await w.account(w.challenger.address)).to.deep.equal({
      free: 2n * MIN_STAKE - DEMAND_BOND,
      locked: DEMAND_BOND,
      owed: 0n,
    });
    expect((await w.account(operator!.address)).locked).to.equal(20n * BOND);
    const { removed, voided } = await w.market.slotOf(operator!.address, 3);
    expect([removed, voided]).to.deep.equal([1n, 0n]);
    expect(await court.fate(17)).to.deep.equal([false, true, false, 0n]);
    const dispute = await w.market.disputeOf(court.key(batch, 17));
    expect([dispute.phase, dispute.until, dispute.maxReveal, dispute.caller]).to.deep.equal([
      PHASE.demanded,
      until,
      1024n,
      w.challenger.address,
    ]);
  });

  it("costs two small refunds and one for each whole KiB", async () => {
    const { w } = await freshCourt();
    const sizes = [0, 1, 1023, 1024, 98_304];
    const bonds = await Promise.all(sizes.map((size) => w.market.demandBond(size)));
    expect(bonds).to.deep.equal([2n, 2n, 2n, 3n, 98n].map((n) => n * LATE_GAS_REFUND));
  });

  it("freezes nothing else: the rest of the batch settles on time", async () => {
    const court = await freshCourt();
    const batch = await court.batch(0, { count: 4 });
    await court.demand(batch, 1);
    await time.increase(WINDOW);
    await court.w.settle(batch);
    expect(await court.w.account(court.w.operators[0]!.address)).to.deep.equal({
      free: 10_000_000n - BOND,
      locked: BOND,
      owed: 3n * PRICE,
    });
  });

  it("may be made by the operator itself, out of its own stake", async () => {
    const court = await freshCourt();
    const [operator] = court.w.operators;
    const batch = await court.batch(0);
    await court.demand(batch, 0, operator);
    expect((await court.w.account(operator!.address)).locked).to.equal(BOND + DEMAND_BOND);
  });

  it("refuses a second demand of the same task, in every phase", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 2 });
    const again = () =>
      w.refuses(w.challenger, "demand", court.openArgs(batch, 0), "AlreadyStruck", [0, 1]);
    await court.demand(batch, 0);
    await again();
    await w.send(w.operators[0]!, "reveal", court.revealArgs(batch, 0));
    await again();
    await w.refuses(w.challenger, "demandDisputed", court.againArgs(batch, 0), "DisputePhase", [
      court.key(batch, 0),
      PHASE.revealed,
    ]);
  });

  it("refuses a task that was struck", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 2, wrong: [0] });
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    await w.refuses(w.challenger, "demand", court.openArgs(batch, 0), "AlreadyStruck", [0, 1]);
  });

  it("refuses matured batches, up to the second", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const maturesAt = (await time.latest()) + WINDOW;
    await time.setNextBlockTimestamp(maturesAt);
    await w.refuses(w.challenger, "demand", court.openArgs(batch, 0), "Matured", [maturesAt]);
  });

  it("is possible a second before maturity", async () => {
    const court = await freshCourt();
    const batch = await court.batch(0);
    await time.setNextBlockTimestamp((await time.latest()) + WINDOW - 1);
    await court.demand(batch, 0);
  });

  it("refuses claims, empty slots, and batches that were settled", async () => {
    const court = await freshCourt();
    const { w } = court;
    const claim = await w.claim(court.workflow, w.operators[0]!, [0]);
    const { call, batch } = await w.commitCall(claim);
    const refused = (args: unknown[]) =>
      w.refuses(w.challenger, "demand", court.openArgs(batch, 0), "SlotState", args);
    await refused([0, 1, 2]);
    await w.advance(w.operators[0]!, { commits: [call] });
    await time.increase(WINDOW);
    await w.settle(batch);
    await refused([0, 3, 2]);
  });

  it("refuses a ticket, a position and a task that are not the batch's", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 3 });
    const opening = w.batchOpening(batch, 1);
    const ticket = { ...opening.ticket, money: opening.ticket.money + (1n << 152n) };
    const refused = (change: Record<string, unknown>, error: string) =>
      w.refuses(w.challenger, "demand", court.openArgs(batch, 1, change), error);
    await refused({ batch: { ...opening, ticket } }, "DigestMismatch");
    await refused({ task: 2 }, "CommitmentMismatch");
    await refused({ task: 3 }, "CommitmentMismatch");
    await refused({ task: 193 }, "CommitmentMismatch");
    await refused({ batch: w.batchOpening(batch, 0), task: 192 }, "CommitmentMismatch");
    await refused({ batch: { ...opening, operator: w.operators[1]!.address } }, "SlotState");
  });

  it("refuses terms and roots that are not the step's", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const judge = { ...court.judgeOf(batch), maxReveal: 98_304 };
    const root = { ...w.batchOpening(batch, 0), root: toHex("another root", { size: 32 }) };
    for (const change of [{ judge }, { batch: root }])
      await w.refuses(w.challenger, "demand", court.openArgs(batch, 0, change), "StepsMismatch", [
        court.workflow.id,
        0,
      ]);
  });

  it("refuses steps whose results are too large to be revealed", async () => {
    const court = await freshCourt();
    const { w } = court;
    const workflow = await w.open({ steps: courtSteps(w, { maxReveal: 0 }) });
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, [TASK.verified]));
    await w.refuses(w.challenger, "demand", court.openArgs(batch, 0), "NotRevealable", [
      workflow.id,
    ]);
  });

  it("refuses callers without the free stake", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    await w.refuses(w.stranger, "demand", court.openArgs(batch, 0), "StakeInsufficient", [
      0,
      DEMAND_BOND,
    ]);
    expect(await court.phase(court.key(batch, 0))).to.equal(PHASE.none);
  });

  it("works under every rule", async () => {
    const court = await freshCourt();
    for (const task of Object.values(TASK)) {
      const batch = await court.batch(task, { slot: task });
      const key = await court.demand(batch, task);
      expect(await court.phase(key)).to.equal(PHASE.demanded);
    }
  });
});
