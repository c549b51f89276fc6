import { expect } from "chai";
import { WORKFLOW_STATUS } from "../../../protocol/abi";
import type { Digest } from "../../../protocol/digest";
import { stepTermsOf } from "../../../protocol/terms";
import type { SignedAssignment } from "../../../protocol/http";
import { specDigest } from "../../../protocol/validate-spec";
import { eachWithMarket } from "./support/each-with-market";
import { RETAIN_MS, type Market, type TestOperator } from "./support/market";
import { pipeline, PROGRAM } from "./support/specs";

const ALL = Object.values(PROGRAM);

/** What the programs of the pipeline put out: two leaves, then one proof each. */
function outputsOf(body: SignedAssignment, task: number): Record<string, string | string[]> {
  if (body.stepId === "split") return { leaves: ["a", "b", "c"], statement: "root" };
  return { proof: `${body.stepId} ${task}` };
}

describe("a workflow's way through the coordinator", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  async function workUntilIdle(operators: TestOperator[]): Promise<number> {
    let total = 0;
    for (let more = true; more;) {
      more = false;
      for (const operator of operators) {
        const done = await operator.work(outputsOf);
        total += done.length;
        if (done.length > 0) more = true;
      }
    }
    return total;
  }

  it("goes from the spec over fan-out and aggregation to a declared end and to rest", async () => {
    const operators = [
      await market.operator({ programs: ALL }),
      await market.operator({ programs: ALL }),
    ];
    await market.submit(1, pipeline());
    expect(await workUntilIdle(operators)).to.equal(1 + 3 + 2);
    const { counts, outputs, state } = market.coordinator.views.workflow(1);
    expect(counts).to.deep.equal({ done: 6 });
    expect(state).to.equal("running");
    expect(outputs.proof).to.be.a("string");
    expect(market.sent.map(({ purpose }) => purpose)).to.include("finish/1");
    market.chain.end(1, WORKFLOW_STATUS.completed);
    for (const { task } of market.coordinator.views.tasks(1)) market.chain.pay(1, task, "settled");
    await market.settle();
    const view = market.coordinator.views.workflow(1);
    expect(view.state).to.equal("completed");
    expect(view.settled).to.equal(true);
  });

  it("names all its artifacts until its time after settlement is over, also after restarts", async () => {
    const spec = pipeline();
    await market.submit(1, spec);
    await workUntilIdle([await market.operator({ programs: ALL })]);
    const artifacts: Digest[] = [];
    for await (const digest of market.store.all()) artifacts.push(digest);
    const named = () => artifacts.filter((digest) => market.retention.isNamed(digest));
    expect(artifacts).to.include(specDigest(spec)).and.have.length.above(10);
    expect(named()).to.deep.equal(artifacts);
    market.chain.end(1, WORKFLOW_STATUS.completed);
    for (const { task } of market.coordinator.views.tasks(1)) market.chain.pay(1, task, "settled");
    await market.settle();
    await market.stop();
    await market.start();
    await market.settle();
    expect(market.coordinator.views.workflow(1).settled).to.equal(true);
    expect(market.retention.release(1_000)).to.equal(false);
    expect(named()).to.deep.equal(artifacts);
    market.clock.advance(RETAIN_MS);
    expect(market.retention.release(1_000)).to.equal(true);
    await market.stop();
    await market.start();
    await market.settle();
    expect(named()).to.deep.equal([]);
  });

  it("is no hindrance to a start once some of its artifacts are gone", async () => {
    const spec = pipeline();
    await market.submit(1, spec);
    await workUntilIdle([await market.operator({ programs: ALL })]);
    market.chain.end(1, WORKFLOW_STATUS.completed);
    for (const { task } of market.coordinator.views.tasks(1)) market.chain.pay(1, task, "settled");
    await market.settle();
    await market.stop();
    for await (const digest of market.store.all())
      if (digest !== specDigest(spec)) market.store.remove(digest);
    await market.start();
    expect(market.coordinator.views.workflow(1)).to.include({ state: "completed", settled: true });
  });

  it("waits for the spec when the chain is faster than the upload", async () => {
    const spec = pipeline();
    market.chain.open(1, spec, market.account.address);
    await market.settle();
    expect(market.coordinator.views.workflow(1).reason).to.equal("waiting for the spec");
    await market.operator({ programs: ALL });
    await market.submit(1, spec);
    await market.pass(2_000);
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ assigned: 1 });
  });

  it("goes on after a restart at any point, and repeats nothing that is finished", async () => {
    const operators = [
      await market.operator({ programs: ALL }),
      await market.operator({ programs: ALL }),
    ];
    await market.submit(1, pipeline());
    let finished = 0;
    for (let round = 0; round < 12; round++) {
      for (const operator of operators) finished += (await operator.work(outputsOf)).length;
      const before = market.coordinator.views.tasks(1);
      await market.stop();
      await market.start();
      await market.settle();
      const after = market.coordinator.views.tasks(1);
      expect(after.map((t) => [t.task, t.result])).to.deep.equal(
        before.map((t) => [t.task, t.result]),
      );
    }
    expect(finished).to.equal(6);
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: 6 });
    expect(market.coordinator.views.workflow(1).attempts).to.equal(6);
  });

  it("starts dependents before anything is committed: only validation counts", async () => {
    const operator = await market.operator({ programs: ALL });
    await market.submit(1, pipeline());
    const [body] = await operator.sync();
    market.chain.claim(body!);
    await operator.report(body!, 0, outputsOf(body!, 0));
    const states = market.coordinator.views.tasks(1).map((task) => task.state);
    expect(states).to.deep.equal(["done", "assigned", "ready", "ready", "waiting", "waiting"]);
  });

  it("refuses a workflow whose steps on-chain are not those of its spec", async () => {
    const spec = pipeline();
    const other = { ...spec, steps: spec.steps.map((s) => ({ ...s, reward: s.reward + 1 })) };
    market.chain.open(1, spec, market.account.address);
    market.chain.workflow(1)!.steps = stepTermsOf(other);
    await market.submit(2, spec);
    await market.pass(2_000);
    expect(market.coordinator.views.workflow(1).state).to.equal("refused");
    expect(market.coordinator.views.workflow(2).state).to.equal("running");
  });

  it("fails a workflow whose fan-out turns out larger than it paid for", async () => {
    const operator = await market.operator({ programs: ALL });
    await market.submit(1, pipeline());
    const many = Array.from({ length: 9 }, (_, i) => `leaf ${i}`);
    await operator.work(() => ({ leaves: many, statement: "s" }));
    const view = market.coordinator.views.workflow(1);
    expect(view.state).to.equal("failed");
    expect(view.reason).to.contain("maxTasks");
  });
});
