import { expect } from "chai";
import { AuditedMarket } from "./support/audited-market";
import { expectClean, tasksOf } from "./support/expect-clean";
import {
  BOND,
  JUROR_FEE,
  REWARD,
  statement,
  TASKS,
  WINDOW_SECONDS,
} from "./support/sample-workflow";
import { TestCourt, VERDICT } from "./support/test-court";
import type { Held } from "./support/test-market";

const { valid, invalid, inputsWrong, unavailable } = VERDICT;

describe("the audit of juries", function () {
  this.timeout(120_000);
  let world: AuditedMarket;
  let court: TestCourt;
  let batch: Held;

  beforeEach(async () => {
    world = await AuditedMarket.enter();
    court = new TestCourt(world.market);
    await court.seat();
    const run = await world.start();
    batch = await run.work(world.market.operator(0), TASKS.prove);
  });
  afterEach(() => world.env.leave());

  const watcher = () => world.market.operator(1);
  const owed = (report: Awaited<ReturnType<AuditedMarket["audit"]>>, who: string) =>
    BigInt(report.operators.find(({ operator }) => operator === who)!.owed);

  it("follows an unfounded call: what the jury leaves of the bond goes to the accused, with its pay", async () => {
    await court.callJury(batch, 0, watcher());
    expectClean(await world.audit());
    await court.judge(batch, 0, [valid, valid, valid, invalid, 0]);
    const report = await world.audit();
    expectClean(report);
    expect(tasksOf(report, batch.opened.id)).to.include({ settled: 1, committed: 3 });
    const refund = world.env.parameters.minStake / 100n;
    expect(owed(report, batch.operator)).to.equal(REWARD + 2n * JUROR_FEE + refund);
  });

  it("follows verdicts against the operator: struck, for the caller's good", async () => {
    await court.callJury(batch, 0, watcher());
    await court.callJury(batch, 1, watcher());
    await court.judge(batch, 0, [invalid, invalid, invalid, invalid, valid]);
    expectClean(await world.audit());
    await court.judge(batch, 1, [unavailable, unavailable, unavailable, 0, 0]);
    const report = await world.audit();
    expectClean(report);
    expect(tasksOf(report, batch.opened.id)).to.include({ struck: 2, committed: 2 });
    expect(owed(report, watcher())).to.equal((2n * BOND * 4n) / 10n);
  });

  it("follows wrong inputs: unpaid, and the bond is free again", async () => {
    await court.callJury(batch, 0, watcher());
    await court.judge(batch, 0, [inputsWrong, inputsWrong, inputsWrong, 0, 0]);
    const report = await world.audit();
    expectClean(report);
    expect(tasksOf(report, batch.opened.id)).to.include({ void: 1, committed: 3 });
  });

  it("follows a jury without a verdict, whose silent members pay for it when they leave", async () => {
    await court.callJury(batch, 0, watcher());
    await court.judge(batch, 0, [valid, invalid, 0, 0, 0]);
    expectClean(await world.audit());
    for (const juror of court.jurors) await court.leaveSeat(juror, await court.seatOf(juror));
    const report = await world.audit();
    expectClean(report);
    const fines = 3n * JUROR_FEE * 10n;
    expect(BigInt(report.money.burned)).to.equal(fines * world.env.parameters.unit);
  });

  it("follows a result that was revealed, doubted, and then struck by its verifier's no", async () => {
    const run = await world.start();
    const held = await run.claim(world.market.operator(2), [0]);
    const wrong = Uint8Array.of(0, 9);
    const one = await world.market.commit(held, [wrong]);
    await court.demand(one, 0, watcher());
    await court.reveal(one, 0, wrong);
    await court.callJuryDisputed(one, 0, watcher());
    expectClean(await world.audit());
    await court.drawn(one, 0);
    expectClean(await world.audit());
    await court.challengeDisputed(one, 0, statement(0), wrong, world.market.requester);
    const report = await world.audit();
    expectClean(report);
    expect(tasksOf(report, run.opened.id)).to.include({ struck: 1 });
  });

  it("follows a draw that came too late, and one from seats of those who have a part in the case", async () => {
    await court.callJury(batch, 0, watcher());
    await world.env.test.mine({ blocks: 260 });
    await court.draw(batch, 0);
    expectClean(await world.audit());
    await court.judge(batch, 0, [valid, valid, valid, valid, valid]);

    // Only four others are left once one of five seats is the accused's own.
    const run = await world.start();
    const other = await run.work(batch.operator, TASKS.prove);
    const [first] = court.jurors;
    await court.leaveSeat(first!, await court.seatOf(first!));
    await court.takeSeats(batch.operator);
    await court.callJury(other, 1, watcher());
    expect(await court.drawn(other, 1)).to.equal(undefined);
    const report = await world.audit();
    expectClean(report);
    expect(tasksOf(report, run.opened.id)).to.include({ disputed: 1, committed: 3 });
    await world.market.pass(WINDOW_SECONDS + 1);
    await court.closeDemand(other, 1, watcher());
    expectClean(await world.audit());
  });

  it("follows appeals that are won, lost, and dismissed", async () => {
    const { market } = world;
    const run = await world.start();
    const checks = await run.claim(market.operator(2), TASKS.check);
    const won = await court.appeal(checks, 4, run.resultOf(4));
    expectClean(await world.audit());
    await court.judge(won, 4, [valid, valid, valid, valid, valid]);
    // The claim's time is over by then; what is appealed again is claimed again.
    const again = await run.claim(market.operator(1), [5], { attempt: 2, takeOvers: [checks] });
    const lost = await court.appeal(again, 5, run.resultOf(5));
    await court.judge(lost, 5, [invalid, invalid, invalid, 0, 0]);
    const report = await world.audit();
    expectClean(report);
    expect(tasksOf(report, run.opened.id)).to.include({ settled: 1, struck: 1 });

    const more = await run.claim(market.operator(1), [5], { attempt: 3 });
    await court.leaveSeat(court.jurors[0]!, await court.seatOf(court.jurors[0]!));
    await court.takeSeats(market.operator(1));
    const dismissed = await court.appeal(more, 5, run.resultOf(5));
    expect(await court.drawn(dismissed, 5)).to.equal(undefined);
    const after = await world.audit();
    expectClean(after);
    expect(tasksOf(after, run.opened.id)).to.include({ settled: 1, void: 1 });
  });
});
