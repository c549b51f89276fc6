import { expect } from "chai";
import { marketAbi } from "../../../protocol/abi";
import { encodeOperations } from "../../../protocol/operations";
import { commitmentsRoot } from "../../../protocol/commitment";
import { AuditedMarket } from "./support/audited-market";
import { expectClean, tasksOf } from "./support/expect-clean";
import { openLeaves, statement, TASKS, WINDOW_SECONDS } from "./support/sample-workflow";
import { TestCourt } from "./support/test-court";
import { serveCoordinator } from "./support/test-coordinator";

describe("the audit of what happens rarely", function () {
  this.timeout(120_000);
  let world: AuditedMarket;
  let court: TestCourt;

  beforeEach(async () => {
    world = await AuditedMarket.enter();
    court = new TestCourt(world.market);
  });
  afterEach(() => world.env.leave());

  it("follows strikes for two results of one attempt: in a batch, in a claim, and by a delegate's word", async () => {
    const { market, env } = world;
    const [operator, watcher] = [market.operator(0), market.operator(1)];
    const key = env.accounts[9]!.address;
    const run = await world.start();
    const checks = await run.claim(operator, TASKS.check);
    await court.strikeReceipts(checks, 4, [run.resultOf(4), run.resultOf(5)], watcher);
    expectClean(await world.audit());
    const batch = await run.work(operator, TASKS.prove);
    await court.strikeReceipt(batch, 0, run.resultOf(1), watcher);
    await court.setDelegate(operator, key);
    await court.strikeReceipt(batch, 1, run.resultOf(2), watcher, key);
    await court.setDelegate(operator, env.accounts[8]!.address);
    await court.strikeReceipt(batch, 2, run.resultOf(1), watcher, key);
    const report = await world.audit();
    expectClean(report);
    expect(tasksOf(report, run.opened.id)).to.include({ struck: 4, claimed: 3, committed: 1 });
  });

  it("follows an operator whose delegate settles for it", async () => {
    const { market, env } = world;
    const operator = market.operator(0);
    const key = env.accounts[9]!.address;
    const run = await world.start();
    const { slot, ticket, commitments } = await run.work(operator, TASKS.prove);
    await court.setDelegate(operator, key);
    await market.pass(WINDOW_SECONDS + 1);
    const settles = [{ slot, ticket, commitmentsRoot: commitmentsRoot(commitments) }];
    const bytes = encodeOperations({ settles, commits: [], claims: [] });
    await market.send(key, {
      abi: marketAbi,
      functionName: "advanceFor",
      args: [operator, bytes],
    });
    const report = await world.audit();
    expectClean(report);
    expect(tasksOf(report, run.opened.id).settled).to.equal(4);
    const callers = report.checks.find(({ name }) => name.startsWith("Operators' calls"))!;
    expect(callers.checked).to.equal(3);
  });

  it("follows tasks that anybody may claim, because their coordinator fell silent", async () => {
    const { market } = world;
    const [first, second] = [market.operator(0), market.operator(1)];
    const leaves = openLeaves(world.spec);
    const run = await world.start({ silenceDelay: 600, openLeaves: leaves });
    const { opened } = run;
    const given = await run.claim(first, [0]);
    await court.silenceCall(second, "declareSilent", opened.id);
    await market.pass(601);
    await market.expire(given, first);
    const mine = await court.claimOpen(opened, second, leaves, { tasks: [0, 1], attempt: 2 });
    const wrong = Uint8Array.of(0);
    const batch = await market.commit(mine, [wrong, run.deliver(1, 2, run.resultOf(1))]);
    await market.challenge(batch, 0, statement(0), first);
    await court.silenceCall(first, "endSilence", opened.id);
    const again = await court.claimOpen(opened, first, leaves, {
      tasks: [0, 2],
      attempt: 3,
      slot: 1_001,
    });
    expectClean(await world.audit());
    await court.silenceCall(market.coordinator.address, "answerSilence", opened.id);
    await market.commit(
      again,
      [0, 2].map((task) => run.deliver(task, 3, run.resultOf(task))),
    );
    await market.pass(WINDOW_SECONDS + 1);
    await market.settle(batch);
    const served = await serveCoordinator(world.env, new Map([[opened.id, run.served]]));
    try {
      const report = await world.audit({ coordinatorUrl: served.url });
      expect(report.findings).to.deep.equal([]);
      expect(tasksOf(report, opened.id)).to.include({ settled: 1, committed: 2 });
    } finally {
      await served.stop();
    }
  });

  it("follows a void result that turns out wrong for its own inputs, and a task that is struck twice", async () => {
    const { market } = world;
    const [culprit, dependent, watcher] = [0, 1, 2].map((i) => market.operator(i)) as [
      `0x${string}`,
      `0x${string}`,
      `0x${string}`,
    ];
    await court.seat();
    const run = await world.start();
    const wrong = Uint8Array.of(0);
    const commitWrong = async (attempt: number) => {
      const held = await run.claim(culprit, [0], { attempt });
      return market.commit(held, [run.deliver(0, attempt, wrong)]);
    };
    const first = await commitWrong(1);
    const join = await run.work(dependent, [8]);
    const check = await run.work(dependent, [4]);
    await market.challenge(first, 0, statement(0), watcher);
    await court.voidResult(run, join, 8, 0, watcher);
    await court.demand(check, 4, watcher);
    await court.voidDisputed(run, check, 4, 0, watcher);
    expectClean(await world.audit());
    await court.callJury(join, 8, watcher);
    await court.judge(join, 8, [2, 2, 2, 2, 2]);
    await court.closeDemand(check, 4, watcher);

    const second = await commitWrong(2);
    const joinAgain = await run.work(dependent, [8], 2);
    await market.challenge(second, 0, statement(0), watcher);
    await court.voidResult(run, joinAgain, 8, 0, watcher);
    await market.pass(WINDOW_SECONDS + 1);
    await market.settle(joinAgain);
    const report = await world.audit();
    expectClean(report);
    expect(tasksOf(report, run.opened.id)).to.include({ struck: 2, void: 1 });
    const voids = report.checks.find(({ name }) => name.startsWith("Every void result"))!;
    expect(voids.checked).to.be.greaterThan(5);
  });
});
