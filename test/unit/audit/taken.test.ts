import { expect } from "chai";
import { renderReport } from "../../../offchain/audit/render";
import { sha256 } from "../../../protocol/digest";
import { AuditedMarket, errorCodes } from "./support/audited-market";
import { expectClean } from "./support/expect-clean";
import {
  TASKS,
  VALIDATION_MANIFEST,
  WINDOW_SECONDS,
  type SampleRun,
  type Served,
} from "./support/sample-workflow";
import { serveCoordinator } from "./support/test-coordinator";

const KEPT = [...TASKS.prove, ...TASKS.check, 8];

describe("the audit of results that were taken from another workflow", function () {
  this.timeout(120_000);
  let world: AuditedMarket;
  let first: SampleRun;
  let second: SampleRun;
  let coordinator: { url: string; stop(): Promise<void> };
  let served: Served["tasks"];

  // The first run ends half-done, the second one takes what is there and does the rest.
  before(async () => {
    world = await AuditedMarket.enter();
    const { market } = world;
    const [one, other] = [market.operator(0), market.operator(1)];
    first = await world.start();
    const batches = [
      await first.work(one, TASKS.prove),
      await first.work(other, TASKS.check),
      await first.work(one, [8]),
    ];
    await market.workflowCall(market.requester, "cancel", first.opened.id);
    second = await world.startWith({ reuse: { workflow: first.opened.id } });
    second.take(first, KEPT);
    batches.push(await second.work(other, [9]), await second.work(one, [10]));
    await second.finish(other);
    await market.pass(WINDOW_SECONDS + 1);
    for (const batch of batches) await market.settle(batch);
    await market.pass(world.env.parameters.lateClaims);
    for (const run of [first, second])
      await market.workflowCall(market.requester, "refund", run.opened.id);
    served = second.served.tasks;
    const runs = [first, second].map((run) => [run.opened.id, run.served] as const);
    coordinator = await serveCoordinator(world.env, new Map(runs));
  });
  afterEach(() => {
    second.served.tasks = served;
  });
  after(async () => {
    await coordinator.stop();
    await world.env.leave();
  });

  const audit = () =>
    world.audit({ coordinatorUrl: coordinator.url, programs: [VALIDATION_MANIFEST] });
  const change = (task: number, changes: Partial<Served["tasks"][number]>) => {
    second.served.tasks = served.map((one) => (one.task === task ? { ...one, ...changes } : one));
  };
  const origin = (task: number) => ({ workflow: first.opened.id, task, attempt: 1 });

  it("accounts for every wei of both runs: what the first had paid, the second did not", async () => {
    const report = await audit();
    expectClean(report);
    expect(
      report.workflows.map(({ reused, tasks, paid }) => [reused, tasks.settled, paid]),
    ).to.deep.equal([
      [0, 9, "4500"],
      [9, 3, "1500"],
    ]);
    const check = (start: string) => report.checks.find(({ name }) => name.startsWith(start))!;
    expect(check("Every result that was taken").checked).to.equal(18);
    expect(check("Every assignment's root").skipped).to.equal(0);
    // Results that were taken are judged again, in the workflow that took them.
    expect(check("Every verifier accepts").checked).to.equal(4 + 4 + 1);
    expect(check("Every validation program").checked).to.equal(5 + 5 + 2);
    expect(renderReport(report)).to.match(/2 sample .* 9 │/);
  });

  it("finds a result that is said to be of another task than committed to it", async () => {
    change(1, { reused: origin(2) });
    expect(errorCodes(await audit())).to.deep.equal(["taken_result_differs"]);
  });

  it("finds a task whose input came from elsewhere, and is said to be of this workflow", async () => {
    change(2, { reused: null, attempt: 1 });
    expect(errorCodes(await audit())).to.include("assignment_root_differs");
  });

  it("finds a final proof that is said to be another workflow's", async () => {
    change(TASKS.final, { reused: origin(TASKS.final) });
    expect(errorCodes(await audit())).to.deep.equal(["result_taken"]);
  });

  it("finds results that its spec does not let it take, and such as are not valid", async () => {
    const third = await world.start();
    third.take(first, [0, 1]);
    const invalid = third.deliver(2, 0, Uint8Array.of(0, 2));
    third.served.tasks = third.served.tasks.map((one) =>
      one.task === 2 ? { ...one, result: sha256(invalid), reused: origin(2) } : one,
    );
    const runs = [first, second, third].map((run) => [run.opened.id, run.served] as const);
    const other = await serveCoordinator(world.env, new Map(runs));
    try {
      const report = await world.audit({ coordinatorUrl: other.url });
      expect(errorCodes(report)).to.have.members([
        "result_taken",
        "taken_result_differs",
        "invalid_result_taken",
      ]);
    } finally {
      await other.stop();
    }
  });

  it("follows a result that was taken within its workflow to the task that made it", async () => {
    const { market } = world;
    const steps = world.spec.steps.map((step) => ({ ...step, memo: !step.final }));
    const run = await world.startWith({ steps });
    await run.work(market.operator(0), [0]);
    run.take(run, [1], 0);
    await run.work(market.operator(1), [8]);
    const runs = [first, second, run].map((one) => [one.opened.id, one.served] as const);
    const other = await serveCoordinator(world.env, new Map(runs));
    try {
      expect(errorCodes(await world.audit({ coordinatorUrl: other.url }))).to.deep.equal([]);
    } finally {
      await other.stop();
    }
  });

  it("warns of a taken result that was struck, and of a task that is paid although it took one", async () => {
    const { market } = world;
    const maker = await world.start();
    const batch = await market.commit(await maker.claim(market.operator(0), [0]), [
      maker.deliver(0, 1, Uint8Array.of(0, 9)),
    ]);
    await market.challenge(batch, 0, Buffer.from("statement 0"), market.operator(2));
    const taker = await world.startWith({ reuse: { workflow: maker.opened.id } });
    await taker.work(market.operator(1), [1]);
    taker.take(first, [1]);
    taker.deliver(0, 0, Uint8Array.of(0, 9));
    taker.served.tasks = taker.served.tasks.map((one) =>
      one.task === 0 ? { ...one, reused: { workflow: maker.opened.id, task: 0, attempt: 1 } } : one,
    );
    const runs = [first, maker, taker].map((run) => [run.opened.id, run.served] as const);
    const other = await serveCoordinator(world.env, new Map(runs));
    try {
      const report = await world.audit({ coordinatorUrl: other.url });
      const warnings = report.findings.filter(({ severity }) => severity === "warning");
      expect(warnings.map(({ code }) => code)).to.include.members([
        "taken_result_fell",
        "taken_result_paid",
      ]);
      expect(errorCodes(report)).to.deep.equal(["invalid_result_taken"]);
    } finally {
      await other.stop();
    }
  });
});
