import { expect } from "chai";
import type { AuditReport } from "../../../offchain/audit/report";
import { LIMITS } from "../../../protocol/limits";
import { AuditedMarket, errorCodes } from "./support/audited-market";
import { expectClean } from "./support/expect-clean";
import { transportWith, transportWithout } from "./support/tampered-logs";
import { forceEtherInto } from "./support/tiny-contracts";
import {
  BOND,
  CLAIM_SECONDS,
  REWARD,
  statement,
  TASKS,
  WINDOW_SECONDS,
} from "./support/sample-workflow";

const workflowOf = (report: AuditReport, id: number) =>
  report.workflows.find(({ workflow }) => workflow === id)!;

describe("the audit of real runs", function () {
  this.timeout(120_000);
  let world: AuditedMarket;

  beforeEach(async () => {
    world = await AuditedMarket.enter();
  });
  afterEach(() => world.env.leave());

  it("accounts for every wei of a workflow that goes well, with its fee, refund and withdrawals", async () => {
    const { market } = world;
    const [first, second] = [market.operator(0), market.operator(1)];
    const run = await world.start({ feeBps: 500, extra: 12_345n });
    const { id } = run.opened;
    await run.happy(first, second);
    await market.pass(world.env.parameters.lateClaims);
    await market.workflowCall(market.requester, "refund", id);
    await market.pass(CLAIM_SECONDS + WINDOW_SECONDS + LIMITS.feeDelay + 1);
    await market.workflowCall(market.coordinator.address, "payFee", id);
    for (const account of [first, second, market.requester, market.coordinator.address])
      await market.withdrawOwed(account);

    const report = await world.audit();
    expectClean(report);
    const paid = REWARD * 12n;
    const summary = workflowOf(report, id);
    expect(summary.status).to.equal("completed");
    expect(summary.tasks.settled).to.equal(12);
    expect(BigInt(summary.paid)).to.equal(paid);
    expect(BigInt(summary.fee)).to.equal((paid * 500n) / 10_000n);
    expect(report.money.owed).to.equal("0");
    expect(report.money.escrow).to.equal("0");
  });

  it("follows claims that come after a completion, and finds them where the market takes none", async () => {
    const { market } = world;
    const [first, second] = [market.operator(0), market.operator(1)];
    const { lateClaims } = world.env.parameters;
    const run = await world.start({ feeBps: 500, extra: 7n });
    const { id } = run.opened;
    const batches = [await run.work(first, TASKS.prove), await run.work(second, TASKS.check)];
    await run.finish(second);
    batches.push(await run.work(first, TASKS.join)); // a reorganisation had taken their claim back
    await market.pass(lateClaims + WINDOW_SECONDS);
    for (const batch of batches) await market.settle(batch);
    await market.workflowCall(market.requester, "refund", id);
    await market.pass(CLAIM_SECONDS + LIMITS.feeDelay + 1);
    await market.workflowCall(market.coordinator.address, "payFee", id);

    const report = await world.audit();
    expectClean(report);
    expect(workflowOf(report, id).tasks.settled).to.equal(12);
    expect(BigInt(workflowOf(report, id).paid)).to.equal(REWARD * 12n);
    const strict = await world.audit({ transport: transportWithout("LATE_CLAIMS") });
    expect(errorCodes(strict)).to.deep.equal(["claim_after_end"]);
  });

  it("follows a strike: the bond's split, the task's second attempt, the batch's rest", async () => {
    const { market } = world;
    const [cheat, honest, watcher] = [0, 1, 2].map((i) => market.operator(i));
    const run = await world.start();
    const held = await run.claim(cheat!, [0, 1, 2]);
    const wrong = Uint8Array.of(0, 7);
    const batch = await market.commit(held, [run.resultOf(0), wrong, run.resultOf(2)]);
    await market.challenge(batch, 1, statement(1), watcher!);
    const again = await run.claim(honest!, [1], { attempt: 2 });
    const done = await market.commit(again, [run.resultOf(1)]);
    await market.pass(WINDOW_SECONDS + 1);
    await market.settle(batch);
    await market.settle(done);

    const report = await world.audit();
    expectClean(report);
    const operator = report.operators.find((one) => one.operator === cheat)!;
    expect(BigInt(operator.slashed)).to.equal(BOND);
    expect(BigInt(operator.earned)).to.equal(2n * REWARD);
    const check = report.checks.find(({ name }) => name.startsWith("Every strike"))!;
    expect(check.checked).to.equal(3);
    expect(BigInt(report.money.burned)).to.equal(((BOND * 3n) / 10n) * world.env.parameters.unit);
  });

  it("follows claims that run out: ended by a passer-by, and taken over in part", async () => {
    const { market } = world;
    const [late, next, passer] = [0, 1, 2].map((i) => market.operator(i));
    const run = await world.start();
    const expired = await run.claim(late!, [0, 1]);
    const taken = await run.claim(late!, [2, 3]);
    await market.pass(CLAIM_SECONDS + 1);
    await market.expire(expired, passer!);
    const part = await run.claim(next!, [3], { attempt: 2, takeOvers: [taken] });
    await market.commit(part, [run.resultOf(3)]);
    const again = await run.claim(next!, [0, 1], { attempt: 2 });
    await market.commit(again, [run.resultOf(0), run.resultOf(1)]);

    const report = await world.audit();
    expectClean(report);
    const operator = report.operators.find((one) => one.operator === late)!;
    expect(BigInt(operator.penalties)).to.equal((BOND * 3n * 2n) / 10n);
    expect(operator.expiredTasks).to.equal(3);
    expect(operator.silentTasks).to.equal(1);
    // Two of four that count for a stranger, two late ones that count twice, a silent one that counts four times, less what a part of a day takes.
    expect(operator.reputation).to.be.within(166_666, 170_000);
  });

  it("follows parts of several claims that are taken over at a time, by one claim and by two", async () => {
    const { market } = world;
    const [late, next] = [market.operator(0), market.operator(1)];
    const run = await world.start();
    const [first, second] = [await run.claim(late, [0, 1]), await run.claim(late, [2, 3])];
    const checks = [await run.claim(late, [4, 5]), await run.claim(late, [6, 7])];
    await market.pass(CLAIM_SECONDS + 1);
    await run.claim(next, [0, 2], { attempt: 2, takeOvers: [first, second] });
    const calls = [];
    for (const [i, held] of checks.entries()) {
      const { inputsOf: inputs } = run;
      const wish = { tasks: [4 + 2 * i], inputs, attempt: 2, takeOvers: [held] };
      calls.push((await market.claimCall(run.opened, next, wish)).call);
    }
    await market.advance(next, { claims: calls });
    const report = await world.audit();
    expectClean(report);
    expect(workflowOf(report, run.opened.id).tasks.claimed).to.equal(8);
    expect(report.operators.find(({ operator }) => operator === late)!.expiredTasks).to.equal(4);

    const withoutClaims = transportWith((logs) => logs.slice(0, -1));
    const { findings } = await world.audit({ transport: withoutClaims });
    expect(findings.filter(({ code }) => code === "expired_in_part")).to.have.length(2);
  });

  it("follows releases, concessions, partial commitments and a cancelled workflow", async () => {
    const { market } = world;
    const operator = market.operator(0);
    const run = await world.start({ feeBps: 100 });
    const proves = await run.claim(operator, TASKS.prove);
    await market.release(proves, [0]);
    await market.commit(proves, [run.resultOf(2)], [2]);
    const checks = await run.claim(operator, TASKS.check);
    await market.concede(checks, [4, 5], [run.resultOf(4), run.resultOf(5)]);
    await market.workflowCall(market.requester, "cancel", run.opened.id);
    const batch = await market.commit(proves, [run.resultOf(1), run.resultOf(3)]);
    await market.workflowCall(market.requester, "refund", run.opened.id);
    await market.pass(WINDOW_SECONDS + 1);
    await market.settle(batch);

    const report = await world.audit();
    expectClean(report);
    const { tasks, status } = workflowOf(report, run.opened.id);
    expect(status).to.equal("cancelled");
    expect(tasks).to.deep.equal({
      claimed: 2,
      committed: 1,
      disputed: 0,
      settled: 2,
      struck: 0,
      void: 0,
      expired: 0,
      conceded: 2,
      released: 1,
    });
  });

  it("follows a stake from deposit through unbonding to withdrawal", async () => {
    const { market } = world;
    const operator = market.operator(0);
    await market.startUnbonding(operator, 400n);
    await market.startUnbonding(operator, 600n);
    expectClean(await world.audit());
    await market.pass(world.env.parameters.unbondingDelay + 1);
    await market.withdrawStake(operator);
    const report = await world.audit();
    expectClean(report);
    expect(BigInt(report.money.out)).to.equal(1_000n * world.env.parameters.unit);
  });

  it("accounts for every unit of a market in a token", async () => {
    await world.env.leave();
    world = await AuditedMarket.enter({ token: "PermitToken" });
    const { market } = world;
    const [first, second] = [market.operator(0), market.operator(1)];
    const run = await world.start({ feeBps: 500, extra: 12_345n });
    await market.topUp(run.opened.id, 7n);
    await run.happy(first, second);
    await market.pass(world.env.parameters.lateClaims);
    await market.workflowCall(market.requester, "refund", run.opened.id);
    for (const account of [first, second, market.requester]) await market.withdrawOwed(account);
    const report = await world.audit();
    expectClean(report);
    expect(report.money.forced).to.equal("0");
    expect(report.checks.find(({ name }) => name.startsWith("Money that came in"))!.checked).equal(
      5,
    );
  });

  it("says that it could not see what came in of a token that logs no transfers", async () => {
    await world.env.leave();
    world = await AuditedMarket.enter({ token: "HostileToken" });
    await world.start();
    const report = await world.audit();
    expect(report.findings).to.deep.equal([]);
    expect(report.money.forced).to.equal("0");
    const check = report.checks.find(({ name }) => name.startsWith("Money that came in"))!;
    expect(check.notes).to.deep.equal([
      { text: "not checked: the token logs no transfers", count: 4 },
    ]);
  });

  it("shows forced ether as nobody's, and keeps the books exact", async () => {
    const { env } = world;
    await env.wallet.sendTransaction({
      account: env.accounts[0]!.address,
      data: forceEtherInto(env.market),
      value: 7n,
      to: null,
    });
    const report = await world.audit();
    expectClean(report);
    expect(report.money.forced).to.equal("7");
    expect(report.findings.map(({ code }) => code)).to.deep.equal(["forced_ether"]);
  });

  it("audits an earlier block as it was then", async () => {
    const run = await world.start();
    const toBlock = Number(await world.env.chain.getBlockNumber());
    await run.happy(world.market.operator(0), world.market.operator(1));
    const report = await world.audit({ toBlock });
    expectClean(report);
    expect(workflowOf(report, run.opened.id).claims).to.equal(0);
  });

  it("replaces a coordinator: claims before and after are held against who signed for them", async () => {
    const { market } = world;
    const run = await world.start();
    await run.work(market.operator(0), [0]);
    await market.replaceCoordinator(run.opened, world.env.accounts[9]!.address);
    const report = await world.audit();
    expectClean(report);
    expect(workflowOf(report, run.opened.id).coordinator).to.equal(world.env.accounts[9]!.address);
  });
});
