import { expect } from "chai";
import { decodeFunctionData, type Hex } from "viem";
import { disputeKey } from "../../../protocol/dispute-key";
import { marketAbi, WORKFLOW_STATUS } from "../../../protocol/abi";
import { assignmentRoot, inputsDigest, type Leaf } from "../../../protocol/assignment";
import type { SignedAssignment } from "../../../protocol/http";
import { eachWithMarket } from "./support/each-with-market";
import type { Market, TestOperator } from "./support/market";
import { ADAPTER, pipeline, PROGRAM, proofs } from "./support/specs";

const ALL = Object.values(PROGRAM);
const verified = (count: number) =>
  proofs(count, { statement: "request", rule: { kind: "verifier", address: ADAPTER, gas: 1 } });

/** What the programs of the pipeline put out, different in each attempt. */
function outputsOf(body: SignedAssignment, task: number): Record<string, string | string[]> {
  if (body.stepId === "split") return { leaves: ["a", "b"], statement: "root" };
  return { proof: `${body.stepId} ${task} ${body.attempt}` };
}

describe("what the coordinator makes of disputes", () => {
  let market: Market;
  let operator: TestOperator;
  eachWithMarket((made) => (market = made));
  beforeEach(async () => {
    operator = await market.operator({ programs: ALL });
  });

  const task = (index: number, workflow = 1) =>
    market.coordinator.views.tasks(workflow).find((view) => view.task === index)!;
  const sent = () => market.sent.map(({ purpose }) => purpose);
  const call = (index: number) => {
    const { data } = market.sent.at(index)!;
    return decodeFunctionData({ abi: marketAbi, data });
  };

  /** A committed result that the coordinator has found wrong. */
  async function forge(): Promise<SignedAssignment> {
    market.judge = (job) => ({ valid: !("result" in job && String(job.result) === "forged") });
    market.store.put("request 0");
    await market.submit(1, verified(1));
    const [body] = await operator.sync();
    market.chain.claim(body!);
    await market.settle();
    const result = await operator.report(body!, 0, { proof: "forged" });
    market.chain.pay(1, 0, "committed", [operator.commitment(body!, 0, result)]);
    return body!;
  }

  /** Does all that there is to do. */
  async function work(): Promise<void> {
    while ((await operator.work(outputsOf)).length > 0);
  }

  it("strikes a wrong result that was moved into a dispute first, and gives its task out only after that", async () => {
    const body = await forge();
    const closesAt = Math.floor(market.clock.now() / 1000) + 100_000;
    market.chain.dispute(1, 0, { phase: "demanded", closesAt });
    const other = await market.operator({ programs: ALL });
    await market.pass(1_500);
    expect(sent()).to.deep.equal(["challengeDisputed/1/0/1"]);
    const { functionName, args } = call(0);
    const key = disputeKey({ workflow: 1, task: 0, attempt: 1 });
    expect([functionName, args![0], args![1]]).to.deep.equal(["challengeDisputed", key, body.root]);
    await market.pass(60_000);
    await other.sync();
    expect(task(0)).to.include({ state: "ready", reason: "attempt 1 is in dispute" });
    market.chain.pay(1, 0, "struck");
    await market.pass(1_500);
    await other.sync();
    await other.sync();
    expect([...other.assignments.values()]).to.have.length(1);
    expect(task(0)).to.include({ attempt: 2, operator: other.address });
  });

  it("takes a task back out of the queue when the attempt that stood in its way is disputed meanwhile", async () => {
    await forge();
    operator.draining = true;
    await operator.sync();
    expect(sent()).to.deep.equal(["challenge/1/0/1"]);
    await market.pass(1_500); // nobody else can take it, so that it waits in the queue
    expect(task(0).reason).to.contain("no operator");
    market.chain.dispute(1, 0, { phase: "revealed", closesAt: 2 ** 40 });
    await market.settle();
    const other = await market.operator({ programs: ALL });
    await other.sync();
    expect(other.assignments.size).to.equal(0);
    expect(task(0).reason).to.equal("attempt 1 is in dispute");
  });

  it("fails a task whose wrong result was paid because nobody challenged it in time, in words that say so", async () => {
    await forge();
    market.chain.pay(1, 0, "settled");
    await market.pass(1_500);
    const reason = "the wrong result of attempt 1 is paid: it was not challenged in time";
    expect(task(0)).to.include({ state: "failed", reason });
    expect(market.coordinator.views.workflow(1)).to.include({
      state: "failed",
      reason: `prove 0: ${reason}`,
    });
  });

  for (const end of ["struck", "void"] as const)
    it(`does a finished task again that is ${end}: what has not begun waits, what runs goes on`, async () => {
      await market.submit(1, pipeline());
      // split, then both leaves; the merge is claimed and runs.
      while (task(9)?.state !== "assigned") await operator.work(outputsOf);
      await operator.sync();
      const merge = [...operator.assignments.values()].find(({ step }) => step === 2)!;
      expect(merge.tasks[0]!.inputs.left!.source).to.deep.equal({ task: 1, attempt: 1 });
      market.chain.claim(merge);
      await market.settle();
      market.chain.pay(1, 1, end);
      await market.settle();
      const done = () => market.coordinator.views.workflow(1).counts.done;
      expect(done()).to.equal(2);
      expect(market.coordinator.views.attempts(1).find((a) => a.task === 1)!.outcome).to.equal(
        end === "struck" ? "invalid" : "withdrawn",
      );
      // The merge is checked against the inputs that it was assigned.
      let checked: unknown;
      market.judge = (job) => {
        if ("inputs" in job && job.inputs.left) checked = job.inputs.left;
        return { valid: true };
      };
      const result = await operator.report(merge, 9, { proof: "merged" });
      market.chain.pay(1, 9, "committed", [operator.commitment(merge, 9, result)]);
      await market.settle();
      expect(checked).to.equal(merge.tasks[0]!.inputs.left!.digest);
      expect(task(9).state).to.equal("done");

      await market.pass(2_000);
      await work();
      expect(task(1)).to.include({ state: "done", attempt: 2 });
      expect(done()).to.equal(4);

      // The merge was built on the struck result: once it is void, it is done again from the new one.
      market.chain.pay(1, 9, "void");
      await market.settle();
      const again = (await operator.sync())[0] ?? [...operator.assignments.values()].at(-1)!;
      expect(again.tasks[0]!.inputs.left!.source).to.deep.equal({ task: 1, attempt: 2 });
      expect(again.tasks[0]!.inputs.right!.source).to.deep.equal({ task: 2, attempt: 1 });
    });

  it("lets what has not begun wait while a task that it builds on is done again, across a restart too", async () => {
    await market.submit(1, pipeline());
    await operator.work(outputsOf); // split
    await operator.work(outputsOf); // one leaf
    const first = market.coordinator.views.tasks(1).find((t) => t.step === "prove" && t.result)!;
    market.chain.pay(1, first.task, "void");
    await market.settle();
    expect(task(first.task)).to.include({ result: null, attempt: 1 });
    await market.stop();
    await market.start();
    await market.settle();
    expect(market.coordinator.views.workflow(1).counts.done).to.equal(1);
    await work();
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: 4 });
    expect(task(first.task).attempt).to.equal(2);
  });

  it("takes a result back as done when a reorganisation takes its strike back", async () => {
    await market.submit(1, pipeline());
    await operator.work(outputsOf); // split
    operator.draining = true; // or the task would be another attempt's at once
    await operator.work(outputsOf); // one leaf
    const first = market.coordinator.views.tasks(1).find((t) => t.step === "prove" && t.result)!;
    market.chain.pay(1, first.task, "struck");
    await market.settle();
    expect(task(first.task)).to.include({ state: "ready", result: null });
    market.chain.pay(1, first.task, "committed");
    await market.settle();
    expect(task(first.task)).to.include({ state: "done", attempt: 1, result: first.result });
    operator.draining = false;
    await operator.sync();
    await work();
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: 4 });
  });

  it("keeps a task done whose lists have unfolded the graph", async () => {
    await market.submit(1, pipeline());
    await operator.work(outputsOf);
    market.chain.pay(1, 0, "struck");
    await market.settle();
    expect(task(0)).to.include({ state: "done", attempt: 1 });
  });

  it("signs with every input whose accepted result it is of", async () => {
    await market.submit(1, pipeline());
    await operator.sync();
    const [split] = [...operator.assignments.values()];
    expect(split!.tasks[0]!.inputs.batch).to.not.have.property("source");
    // The first attempt at the split fails: what counts is the one whose result was accepted.
    await market.coordinator.failure(operator.address, {
      workflow: 1,
      task: 0,
      attempt: 1,
      root: split!.root,
      code: "run_failed",
      message: "it broke",
      inputRefused: false,
    });
    await market.pass(2_000);
    await work();
    const sources = [...operator.assignments.values()].flatMap(({ stepId, tasks }) =>
      tasks.map(({ inputs }) => [stepId, ...Object.values(inputs).map(({ source }) => source)]),
    );
    expect(sources).to.deep.equal([
      ["split", undefined],
      ["split", undefined],
      ["prove", { task: 0, attempt: 2 }],
      ["prove", { task: 0, attempt: 2 }],
      ["merge", { task: 1, attempt: 1 }, { task: 2, attempt: 1 }],
    ]);
    for (const body of operator.assignments.values()) {
      const leaves = body.tasks.map(({ inputs, ...line }): Leaf => ({
        ...(line as Omit<Leaf, "inputsDigest">),
        inputsDigest: inputsDigest(body.program, body.params, inputs),
      }));
      expect(assignmentRoot(leaves)).to.equal(body.root as Hex);
    }
  });

  it("draws juries and closes disputes whose time is over, and is at rest only then", async () => {
    await market.submit(1, proofs(3));
    await work();
    market.chain.end(1, WORKFLOW_STATUS.completed);
    const now = Math.floor(market.clock.now() / 1000);
    market.chain.dispute(1, 0, { phase: "revealed", closesAt: now + 20 });
    market.chain.dispute(1, 1, { phase: "voting", closesAt: now + 40 });
    const drawBlock = market.chain.block + 4;
    market.chain.dispute(1, 2, { phase: "drawing", closesAt: null, drawBlock });
    market.sent.splice(0);
    await market.pass(5_000);
    expect(sent()).to.deep.equal([]);
    await market.pass(1_000);
    await market.pass(5_000);
    expect(sent()).to.deep.equal([`draw/1/2/1/${drawBlock}`]);
    for (let seconds = 0; seconds < 60; seconds += 5) await market.pass(5_000);
    // The sender knows what it sent, so that asking again is harmless.
    expect([...new Set(sent())]).to.deep.equal([
      `draw/1/2/1/${drawBlock}`,
      `closeDemand/1/0/1/${now + 20}`,
      `closeCase/1/1/1/${now + 40}`,
    ]);
    const args = [disputeKey({ workflow: 1, task: 0, attempt: 1 })];
    expect(market.sent.map((_, i) => call(i))).to.deep.include({
      functionName: "closeDemand",
      args,
    });
    expect(market.coordinator.views.workflow(1)).to.include({ state: "completed", settled: false });
    for (const index of [0, 1, 2]) market.chain.pay(1, index, "settled");
    await market.settle();
    expect(market.coordinator.views.workflow(1)).to.include({ settled: true });
  });

  it("answers when it is declared silent, as long as the workflow runs", async () => {
    await market.submit(1, proofs(1));
    market.chain.declareSilent(1);
    await market.settle();
    const { silentAt } = market.chain.workflow(1)!;
    expect(sent()).to.deep.equal([`answerSilence/1/${silentAt}`]);
    expect(call(0)).to.deep.equal({ functionName: "answerSilence", args: [1] });
    market.chain.end(1, WORKFLOW_STATUS.cancelled);
    await market.pass(5_000);
    market.chain.declareSilent(1);
    await market.settle();
    expect(sent()).to.have.length(1);
  });

  it("makes attempts above those that were claimed without it", async () => {
    await market.submit(1, proofs(1));
    const [body] = await operator.sync();
    market.chain.claimOpen(body!, `0x${"0f".repeat(20)}`, 7);
    await market.pass(31_000 + 16_000); // the operator can't claim it any more
    await market.pass(1_000);
    expect(task(0).reason).to.contain("the claim of attempt 7 stands");
    market.chain.pay(1, 0, "released");
    await market.settle();
    await operator.sync();
    expect((await operator.sync())[0] ?? [...operator.assignments.values()].at(-1)).to.include({
      attempt: 8,
    });
  });

  it("runs a workflow whose requester has fixed tasks that are open without it, with these terms", async () => {
    const spec = verified(1);
    market.chain.open(1, spec, market.account.address);
    const [terms] = market.chain.workflow(1)!.steps;
    const openRoot: Hex = `0x${"0a".repeat(32)}`;
    market.chain.workflow(1)!.steps = [{ ...terms!, judge: { ...terms!.judge, openRoot } }];
    await market.submit(2, spec);
    await market.pass(2_000);
    const bodies = await operator.sync();
    expect(bodies.map(({ workflow, terms }) => [workflow, terms.judge.openRoot])).to.deep.include([
      1,
      openRoot,
    ]);
  });
});
