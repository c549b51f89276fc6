import { expect } from "chai";
import { rmSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { WORKFLOW_STATUS } from "../../../protocol/abi";
import { sha256, type Digest } from "../../../protocol/digest";
import type { SignedAssignment } from "../../../protocol/http";
import type { Spec } from "../../../protocol/spec";
import { parseSpec, specDigest } from "../../../protocol/validate-spec";
import { eachWithMarket } from "./support/each-with-market";
import { RETAIN_MS, type Market, type TestOperator } from "./support/market";
import { memoised, pipeline, PROGRAM, proofs, step } from "./support/specs";

/** What the programs put out; which one ran first shows, as if provers were randomised. */
const outputsOf = (body: SignedAssignment, task: number): Record<string, string | string[]> =>
  body.stepId === "split"
    ? { leaves: ["a", "b", "c"], statement: "root" }
    : { proof: `${body.stepId} ${task} of workflow ${body.workflow}` };

describe("results that are remembered across workflows", () => {
  let market: Market;
  let operator: TestOperator;
  eachWithMarket((made) => (market = made));
  beforeEach(async () => {
    operator = await market.operator({ programs: Object.values(PROGRAM) });
  });

  const views = () => market.coordinator.views;
  const states = (id: number) =>
    views()
      .tasks(id)
      .map(({ state }) => state);

  /** @returns the tasks that were run, in order */
  const workAll = () => operator.workAll(outputsOf);

  async function run(id: number, spec: Spec): Promise<number[]> {
    await market.submit(id, spec);
    return workAll();
  }

  it("are taken by every task of the same work, over fan-out and tree: no attempt, no pay", async () => {
    expect(await run(1, memoised(pipeline()))).to.have.length(6);
    const again = memoised({ ...pipeline(), name: "again" });
    expect(await run(2, again)).to.deep.equal([]);
    expect(views().workflow(2)).to.deep.include({ counts: { done: 6 }, attempts: 0, reused: 6 });
    expect(views().workflow(2).outputs).to.deep.equal(views().workflow(1).outputs);
    const [, prove] = views().tasks(2);
    expect(prove).to.deep.include({
      state: "done",
      pay: "none",
      attempt: 0,
      operator: null,
      reused: { workflow: 1, task: 1, attempt: 1 },
      reason: "result of workflow 1 task 1",
    });
    expect(views().whyTask(2, 1, 0)).to.include({
      code: "done",
      message: "it took the result of workflow 1 task 1",
    });
    expect(market.sent.map(({ purpose }) => purpose)).to.include("finish/2");
  });

  it("are kept for the workflow that took them, when the time of the one that made them is over", async () => {
    const again = memoised({ ...pipeline(), name: "again" });
    await run(1, memoised(pipeline()));
    const made: Digest[] = [];
    for await (const digest of market.store.all()) made.push(digest);
    await run(2, again);
    market.chain.end(1, WORKFLOW_STATUS.completed);
    for (const { task } of views().tasks(1)) market.chain.pay(1, task, "settled");
    await market.settle();
    market.clock.advance(RETAIN_MS);
    while (market.retention.release(1_000));
    const unnamed = made.filter((digest) => !market.retention.isNamed(digest));
    expect(unnamed).to.deep.equal([specDigest(memoised(pipeline()))]);
  });

  it("are neither given by a step that does not say so, nor taken by one", async () => {
    await run(1, proofs(1));
    expect(await run(2, proofs(1, { memo: true }))).to.deep.equal([0]);
    expect(await run(3, proofs(1))).to.deep.equal([0]);
    expect(await run(4, proofs(1, { memo: true }))).to.deep.equal([]);
    expect(views().tasks(4)[0]!.reused).to.deep.equal({ workflow: 2, task: 0, attempt: 1 });
  });

  it("are only those of the same program, parameters, inputs and rule", async () => {
    await run(1, proofs(2, { memo: true }));
    expect(await run(2, proofs(2, { memo: true, params: { depth: "3" } }))).to.have.length(2);
    expect(await run(3, proofs(2, { memo: true, program: PROGRAM.merge }))).to.have.length(2);
    const rule = { kind: "accepted", validation: sha256("stricter") } as const;
    expect(await run(4, proofs(2, { memo: true, rule }))).to.have.length(2);
    expect(await run(5, proofs(3, { memo: true }))).to.deep.equal([2]);
    expect(views().workflow(5)).to.include({ reused: 2, attempts: 1 });
  });

  it("go into assignments as a requester's inputs do: without a source", async () => {
    await run(1, memoised(pipeline()));
    const spec = memoised(pipeline());
    delete spec.steps[2]!.memo;
    expect(await run(2, spec)).to.have.length(2);
    const [first, second] = [...operator.assignments.values()].filter(
      ({ workflow }) => workflow === 2,
    );
    const proof = (i: number) => sha256(`prove ${i} of workflow 1`);
    expect(first!.tasks[0]!.inputs).to.deep.equal({
      left: { digest: proof(1) },
      right: { digest: proof(2) },
    });
    expect(second!.tasks[0]!.inputs).to.deep.equal({
      left: { digest: sha256("merge 9 of workflow 2"), source: { task: 9, attempt: 1 } },
      right: { digest: proof(3) },
    });
  });

  it("of a task of the same workflow go on as that task's", async () => {
    const inputs = { request: { input: "request" } };
    const flag = { step: "flag", output: "flag" };
    const spec = parseSpec({
      version: 1,
      name: "twice",
      inputs: { request: { kind: "file", digest: sha256("request") } },
      steps: [
        step({ id: "first", program: PROGRAM.prove, inputs, memo: true }),
        step({
          id: "flag",
          program: PROGRAM.split,
          inputs: { after: { step: "first", output: "proof" } },
          outputs: { flag: "file", hint: "file" },
        }),
        step({
          id: "second",
          program: PROGRAM.prove,
          inputs,
          memo: true,
          when: { value: flag, is: sha256("yes") },
        }),
        step({
          id: "last",
          program: PROGRAM.merge,
          inputs: { of: { step: "second", output: "proof", otherwise: flag } },
        }),
      ],
      outputs: {},
    });
    await market.submit(1, spec);
    const outputs = ({ stepId }: SignedAssignment) =>
      stepId === "flag" ? { flag: "yes", hint: "none" } : { proof: stepId };
    const done: number[] = [];
    for (let i = 0; i < 4; i++)
      done.push(...(await operator.work(outputs as unknown as typeof outputsOf)));
    expect(done).to.deep.equal([0, 1, 3]);
    expect(views().tasks(1)[2]!.reused).to.deep.equal({ workflow: 1, task: 0, attempt: 1 });
    const last = [...operator.assignments.values()].find(({ stepId }) => stepId === "last");
    expect(last!.tasks[0]!.inputs).to.deep.equal({
      of: { digest: sha256("first"), source: { task: 0, attempt: 1 } },
    });
  });

  it("are known after a restart, and taken tasks stay what they are", async () => {
    await run(1, proofs(2, { memo: true }));
    await market.stop();
    await market.start();
    expect(await run(2, proofs(2, { memo: true }))).to.deep.equal([]);
    const before = views().tasks(2);
    await market.stop();
    await market.start();
    await market.settle();
    expect(views().tasks(2)).to.deep.equal(before);
    expect(market.sent.filter(({ purpose }) => purpose === "finish/2")).to.not.deep.equal([]);
  });

  it("are forgotten with the database: the work is done again", async () => {
    await run(1, proofs(1, { memo: true }));
    market.chain.end(1, 2);
    await market.stop();
    for (const end of ["", "-wal", "-shm"]) rmSync(market.file + end, { force: true });
    market.chain.block = 0;
    await market.start();
    operator = await market.operator({ programs: Object.values(PROGRAM) });
    expect(await run(2, proofs(1, { memo: true }))).to.deep.equal([0]);
  });

  for (const pay of ["struck", "void", "disputed", "conceded"] as const)
    it(`are not taken while the chain shows them ${pay}`, async () => {
      await run(1, proofs(1, { memo: true }));
      market.chain.pay(1, 0, pay);
      market.chain.end(1, 2);
      await market.settle();
      expect(await run(2, proofs(1, { memo: true }))).to.deep.equal([0]);
      // The new one takes the place of the old.
      expect(await run(3, proofs(1, { memo: true }))).to.deep.equal([]);
      expect(views().tasks(3)[0]!.reused).to.include({ workflow: 2 });
    });

  it("are taken back when they are struck: the task is run, and what had not begun waits for it", async () => {
    await run(1, memoised(pipeline()));
    const spec = memoised(pipeline());
    delete spec.steps[2]!.memo;
    operator.draining = true;
    await operator.sync();
    await market.submit(2, spec);
    expect(states(2)).to.deep.equal(["done", "done", "done", "done", "ready", "waiting"]);
    // The split is of a list that has unfolded steps: that can't be taken back.
    for (const task of [0, 1]) market.chain.pay(1, task, "struck");
    await market.settle();
    expect(states(2)).to.deep.equal(["done", "ready", "done", "done", "waiting", "waiting"]);
    expect(views().tasks(2)[1]!.reused).to.equal(null);
    operator.draining = false;
    await operator.sync();
    await workAll();
    const bought = views()
      .tasks(2)
      .filter(({ reused }) => reused === null);
    expect(bought.map(({ task }) => task)).to.deep.equal([1, 9, 10]);
  });

  it("are taken back also when the strike came while the coordinator was down", async () => {
    await run(1, proofs(2, { memo: true }));
    operator.draining = true;
    await operator.sync();
    await market.submit(2, proofs(3, { memo: true }));
    await market.stop();
    market.chain.pay(1, 1, "struck");
    await market.start();
    await market.settle();
    expect(states(2)).to.deep.equal(["done", "ready", "ready"]);
  });

  it("are not taken when their artifact is not there any more", async () => {
    await run(1, proofs(2, { memo: true }));
    market.store.remove(views().tasks(1)[1]!.result!);
    expect(await run(2, proofs(2, { memo: true }))).to.deep.equal([1]);
  });

  it("are waited for by nobody: two that run at once are both bought, and one is remembered", async () => {
    const other = await market.operator({ programs: Object.values(PROGRAM) });
    await market.submit(1, proofs(1, { memo: true }));
    await market.submit(2, proofs(1, { memo: true }));
    const done = [...(await operator.work(outputsOf)), ...(await other.work(outputsOf))];
    expect(done).to.deep.equal([0, 0]);
    expect(await run(3, proofs(1, { memo: true }))).to.deep.equal([]);
  });

  it("are taken by a task whose attempt came to nothing, once another workflow has the result", async () => {
    await market.submit(1, proofs(1, { memo: true }));
    const [body] = await operator.sync();
    const second = await market.operator({ programs: Object.values(PROGRAM) });
    await market.submit(2, proofs(1, { memo: true }));
    await second.work(outputsOf);
    await market.coordinator.failure(operator.address, {
      workflow: 1,
      task: 0,
      attempt: 1,
      root: body!.root,
      code: "run_failed",
      message: "it broke",
      inputRefused: false,
    });
    await market.pass(2_000);
    expect(views().tasks(1)[0]).to.deep.include({
      state: "done",
      reused: { workflow: 2, task: 0, attempt: 1 },
    });
  });

  it("are looked for among the artifacts first, and `why` says so", async () => {
    await run(1, proofs(1, { memo: true }));
    const result = views().tasks(1)[0]!.result!;
    const has = market.store.has.bind(market.store);
    let found: (() => void) | undefined;
    market.store.has = (digest) =>
      digest === result
        ? new Promise((resolve) => (found = () => resolve(has(digest))))
        : has(digest);
    market.chain.open(2, proofs(1, { memo: true }), market.account.address);
    while (!found) await turn();
    expect(views().whyTask(2, 0, 0)).to.include({ code: "reusing", state: "ready" });
    found();
    await market.settle();
    expect(views().workflow(2)).to.include({ reused: 1 });
  });
});
