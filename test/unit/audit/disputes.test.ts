import { expect } from "chai";
import type { Address } from "viem";
import { LIMITS } from "../../../protocol/limits";
import { AuditedMarket } from "./support/audited-market";
import { expectClean, tasksOf } from "./support/expect-clean";
import { CLAIM_SECONDS, REWARD, statement, TASKS, WINDOW_SECONDS } from "./support/sample-workflow";
import { TestCourt } from "./support/test-court";

describe("the audit of disputes", function () {
  this.timeout(120_000);
  let world: AuditedMarket;
  let court: TestCourt;
  let operators: [Address, Address, Address];

  beforeEach(async () => {
    world = await AuditedMarket.enter();
    court = new TestCourt(world.market);
    operators = [0, 1, 2].map((i) => world.market.operator(i)) as typeof operators;
  });
  afterEach(() => world.env.leave());

  const cleanTasksOf = async (id: number) => {
    const report = await world.audit();
    expectClean(report);
    return tasksOf(report, id);
  };

  it("follows a demand that is answered, and one that is not", async () => {
    const { market } = world;
    const [operator, watcher] = operators;
    const run = await world.start();
    const batch = await run.work(operator, TASKS.prove);
    await court.demand(batch, 0, watcher);
    await court.demand(batch, 1, watcher);
    expect((await cleanTasksOf(run.opened.id)).disputed).to.equal(2);
    await court.reveal(batch, 0, run.resultOf(0), watcher);
    await market.pass(2 * WINDOW_SECONDS + 2);
    for (const task of [0, 1]) await court.closeDemand(batch, task, watcher);
    await market.settle(batch);
    expect(await cleanTasksOf(run.opened.id)).to.include({ settled: 3, struck: 1, disputed: 0 });
  });

  it("follows a void result: unpaid, compensated out of the culprit's pot, its bond back", async () => {
    const { market } = world;
    const [culprit, honest, watcher] = operators;
    const run = await world.start();
    const held = await run.claim(culprit, [0, 1]);
    const batch = await market.commit(held, [
      run.deliver(0, 1, Uint8Array.of(0)),
      run.deliver(1, 1, run.resultOf(1)),
    ]);
    const join = await run.work(honest, [8]);
    await market.challenge(batch, 0, statement(0), watcher);
    await court.voidResult(run, join, 8, 0, watcher);
    expect(await cleanTasksOf(run.opened.id)).to.include({ struck: 1, void: 1 });
    await market.pass(WINDOW_SECONDS + 1);
    await market.settle(batch);
    await market.settle(join);
    expect(await cleanTasksOf(run.opened.id)).to.include({ settled: 1, struck: 1, void: 1 });
  });

  it("follows an early release, a coordinator that was silent and answered, and one that did not", async () => {
    const { market } = world;
    const [operator, watcher] = operators;
    const run = await world.start({ silenceDelay: 600 });
    const { id } = run.opened;
    await market.releaseEarly(await run.claim(operator, TASKS.prove), [0, 1]);
    await court.silenceCall(watcher, "declareSilent", id);
    await court.silenceCall(market.coordinator.address, "answerSilence", id);
    await court.silenceCall(watcher, "declareSilent", id);
    await market.pass(601);
    await court.silenceCall(operator, "endSilence", id);
    expect(await cleanTasksOf(id)).to.include({ claimed: 2, released: 2 });
  });

  it("follows a fee that waits until no dispute is open", async () => {
    const { market } = world;
    const [operator, watcher] = operators;
    const run = await world.start({ feeBps: 1_000 });
    const { id } = run.opened;
    const batch = await run.work(operator, [0]);
    await court.demand(batch, 0, watcher);
    await market.workflowCall(market.requester, "cancel", id);
    const payFee = () => market.workflowCall(market.coordinator.address, "payFee", id);
    await market.pass(CLAIM_SECONDS + WINDOW_SECONDS + LIMITS.feeDelay + 1);
    const refused: unknown = await payFee().catch((error: unknown) => error);
    expect(String(refused)).to.contain("DisputesOpen");
    await court.closeDemand(batch, 0, watcher);
    await payFee();
    await market.workflowCall(market.requester, "refund", id);
    const report = await world.audit();
    expectClean(report);
    const summary = report.workflows.find(({ workflow }) => workflow === id)!;
    expect([summary.paid, summary.fee]).to.deep.equal(["0", "0"]);
  });

  it("warns of a fee that counts a claim that ran out, which nobody ended in time", async () => {
    const { market } = world;
    const run = await world.start({ feeBps: 1_000 });
    const { id } = run.opened;
    const held = await run.claim(operators[0], [0]);
    await market.workflowCall(market.requester, "cancel", id);
    await market.pass(CLAIM_SECONDS + WINDOW_SECONDS + LIMITS.feeDelay + 1);
    await market.workflowCall(market.coordinator.address, "payFee", id);
    await market.expire(held, operators[1]);
    const report = await world.audit();
    expect(report.ok).to.equal(true);
    expect(report.findings.map(({ code }) => code)).to.deep.equal(["fee_on_expired_claims"]);
    const summary = report.workflows.find(({ workflow }) => workflow === id)!;
    expect([summary.paid, summary.fee]).to.deep.equal(["0", String(REWARD / 10n)]);
  });
});
