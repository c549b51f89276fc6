import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import {
  BOND,
  CALL_BOND,
  FEE,
  freshCourt,
  LATE_GAS_REFUND,
  PHASE,
  PRICE,
  SHARE,
  TASK,
  VERDICT,
  WINDOW,
  type Court,
} from "../support/court";
import { told } from "../support/events";
import { MIN_STAKE, type Account } from "../support/world";

const STAKE = 10_000_000n;
const task = TASK.jury;

/** A case about one task of rule jury, tried. */
async function tried(verdicts: number[], caller: "challenger" | "operator" = "challenger") {
  const court = await freshCourt();
  const { w } = court;
  const by = caller === "challenger" ? w.challenger : w.operators[0]!;
  const key = await court.call(await court.batch(task, { slot: 4 }), task, by);
  const { jurors, events } = await court.judged(key, verdicts);
  expect(await court.phase(key)).to.equal(PHASE.closed);
  return { court, w, key, jurors, by, events: events.map(told), operator: w.operators[0]! };
}

const closed = (court: Court, key: string, verdict: number, fees: bigint) => ({
  name: "CaseClosed",
  operator: court.w.operators[0]!.address,
  workflow: BigInt(court.workflow.id),
  key,
  verdict: BigInt(verdict),
  fees,
});

const owedOf = (court: Court, accounts: Account[]) =>
  Promise.all(accounts.map(async ({ address }) => (await court.w.account(address)).owed));

describe("Market.closeCase", () => {
  it("valid: an unfounded call costs its whole bond, to the majority and to the operator, who is paid", async () => {
    const { court, w, key, jurors, by, events, operator } = await tried([1, 1, 1, 2, 4]);
    expect(events).to.deep.equal([
      closed(court, key, VERDICT.valid, 3n * FEE),
      { name: "CallEnded", caller: by.address, key, back: 0n, spent: CALL_BOND },
      {
        name: "DisputePaid",
        operator: operator.address,
        workflow: BigInt(court.workflow.id),
        key,
        pay: PRICE,
        bond: BOND,
      },
    ]);
    expect(await owedOf(court, jurors)).to.deep.equal([FEE, FEE, FEE, 0n, 0n]);
    expect(await w.account(by.address)).to.deep.equal({
      free: 2n * MIN_STAKE - CALL_BOND,
      locked: 0n,
      owed: 0n,
    });
    expect(await w.account(operator.address)).to.deep.equal({
      free: STAKE,
      locked: 0n,
      owed: PRICE + CALL_BOND - 3n * FEE,
    });
    expect(await w.market.retryOf(court.workflow.id, task)).to.deep.equal([0n, false]);
  });

  for (const [name, verdict] of [
    ["invalid", VERDICT.invalid],
    ["unavailable", VERDICT.unavailable],
  ] as const)
    it(`${name}: strikes for the caller, who pays the fees and is left with more`, async () => {
      const votes = [verdict, 1, verdict, verdict, verdict];
      const { court, w, key, jurors, by, events, operator } = await tried(votes);
      expect(events).to.deep.equal([
        closed(court, key, verdict, 4n * FEE),
        {
          name: "CallEnded",
          caller: by.address,
          key,
          back: CALL_BOND - 4n * FEE,
          spent: 4n * FEE,
        },
        {
          name: "Struck",
          operator: operator.address,
          workflow: BigInt(court.workflow.id),
          task: BigInt(task),
          attempt: 1n,
          challenger: by.address,
          slot: 4n,
          bond: BOND,
          toChallenger: SHARE.challenger,
          toRequester: SHARE.requester,
          pot: SHARE.pot,
        },
      ]);
      expect(await owedOf(court, jurors)).to.deep.equal([FEE, 0n, FEE, FEE, FEE]);
      const { free, owed } = await w.account(by.address);
      expect(free + owed).to.equal(2n * MIN_STAKE + SHARE.challenger - 4n * FEE);
      expect(SHARE.challenger > 5n * FEE).to.equal(true);
      expect(await w.account(operator.address)).to.deep.equal({
        free: STAKE - BOND,
        locked: 0n,
        owed: 0n,
      });
      expect(await w.market.retryOf(court.workflow.id, task)).to.deep.equal([1n, true]);
      expect(await court.fate(task)).to.deep.equal([false, true, true, SHARE.pot]);
    });

  it("inputs wrong: nobody's fault, so the bond goes back unpaid and the task opens again", async () => {
    const { court, w, key, by, events, operator } = await tried([3, 3, 3, 3, 3]);
    expect(events).to.deep.equal([
      closed(court, key, VERDICT.inputsWrong, 5n * FEE),
      { name: "CallEnded", caller: by.address, key, back: LATE_GAS_REFUND, spent: 5n * FEE },
      {
        name: "DisputeVoided",
        operator: operator.address,
        workflow: BigInt(court.workflow.id),
        key,
        bond: BOND,
      },
    ]);
    expect(await w.account(operator.address)).to.deep.equal({ free: STAKE, locked: 0n, owed: 0n });
    expect(await w.market.retryOf(court.workflow.id, task)).to.deep.equal([1n, true]);
    expect((await w.market.taskWordOf(court.workflow.id, 2)).spent).to.equal(0n);
    expect(await court.fate(task)).to.deep.equal([false, true, false, 0n]);
  });

  it("no majority: the result stands, and all who voted are paid by the caller, who keeps the rest", async () => {
    const { court, key, jurors, by, events, operator } = await tried([1, 1, 2, 2, 3]);
    expect(events).to.deep.equal([
      closed(court, key, VERDICT.none, 5n * FEE),
      { name: "CallEnded", caller: by.address, key, back: LATE_GAS_REFUND, spent: 5n * FEE },
      {
        name: "DisputePaid",
        operator: operator.address,
        workflow: BigInt(court.workflow.id),
        key,
        pay: PRICE,
        bond: BOND,
      },
    ]);
    expect(await owedOf(court, jurors)).to.deep.equal([FEE, FEE, FEE, FEE, FEE]);
  });

  it("nobody votes: the result stands, the caller loses nothing", async () => {
    const { court, w, key, by, events } = await tried([0, 0, 0, 0, 0]);
    expect(events[0]).to.deep.equal(closed(court, key, VERDICT.none, 0n));
    expect(events[2]!.name).to.equal("DisputePaid");
    expect(await w.account(by.address)).to.deep.equal({
      free: 2n * MIN_STAKE,
      locked: 0n,
      owed: 0n,
    });
  });

  it("a majority is of the five drawn: two of two who vote are none", async () => {
    const { events } = await tried([2, 2, 0, 0, 0]);
    expect([events[0]!.verdict, events[0]!.fees]).to.deep.equal([0n, 2n * FEE]);
    expect(events[2]!.name).to.equal("DisputePaid");
  });

  it("an operator that calls the jury itself pays the fees only, if it is right", async () => {
    const { w, events, operator } = await tried([1, 1, 1, 1, 1], "operator");
    expect([events[1]!.back, events[1]!.spent]).to.deep.equal([LATE_GAS_REFUND, 5n * FEE]);
    expect(await w.account(operator.address)).to.deep.equal({
      free: STAKE - 5n * FEE,
      locked: 0n,
      owed: PRICE,
    });
  });

  it("an operator that calls the jury itself has no share of its own bond, if it is wrong", async () => {
    const { w, events, operator } = await tried([2, 2, 2, 2, 2], "operator");
    expect([events[2]!.name, events[2]!.challenger]).to.deep.equal(["Struck", w.requester.address]);
    expect((await w.account(w.requester.address)).owed).to.equal(
      SHARE.challenger + SHARE.requester,
    );
    expect(await w.account(operator.address)).to.deep.equal({
      free: STAKE - BOND - 5n * FEE,
      locked: 0n,
      owed: 0n,
    });
  });

  it("refuses before both windows are over, opened votes or not, and any other phase", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const key = court.key(batch, 0);
    const close = (error: string, args: unknown[]) =>
      w.refuses(w.stranger, "closeCase", [key], error, args);
    await close("DisputePhase", [key, PHASE.none]);
    await court.call(batch, 0);
    await close("DisputePhase", [key, PHASE.drawing]);
    const jurors = await court.sitting(key);
    const end = (await time.latest()) + 2 * WINDOW;
    await court.vote(key, jurors, [1]);
    await time.setNextBlockTimestamp(end - 2);
    await close("DeadlineNotPassed", [end]);
    await court.openVotes(key, jurors, [1]);
    await close("DeadlineNotPassed", [end]);
    await w.send(w.stranger, "closeCase", [key]);
    await close("DisputePhase", [key, PHASE.closed]);
  });
});
