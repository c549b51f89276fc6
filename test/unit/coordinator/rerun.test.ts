import { expect } from "chai";
import { canonicalJson, sha256 } from "../../../protocol/digest";
import type { SignedAssignment } from "../../../protocol/http";
import type { Spec } from "../../../protocol/spec";
import { parseSpec } from "../../../protocol/validate-spec";
import { eachWithMarket } from "./support/each-with-market";
import type { Market, TestOperator } from "./support/market";
import { ADAPTER, pipeline, PROGRAM, proofs, step } from "./support/specs";

type Outputs = (body: SignedAssignment, task: number) => Record<string, string | string[]>;

/** As if provers were randomised. */
const good: Outputs = (body, task): ReturnType<Outputs> => {
  if (body.stepId === "split") return { leaves: ["a", "b", "c"], statement: "root" };
  if (body.stepId === "flag") return { flag: "yes", hint: "none" };
  return { proof: `${body.stepId} ${task} of workflow ${body.workflow}` };
};
/** Of these tasks the result is refused. */
const bad =
  (...tasks: number[]): Outputs =>
  (body, task) =>
    tasks.includes(task) ? { ...good(body, task), proof: "garbage" } : good(body, task);

const once = (spec: Spec): Spec => ({
  ...spec,
  steps: spec.steps.map((one) => ({ ...one, retry: { attempts: 1, backoffSeconds: 0 } })),
});
const again = (spec: Spec, workflow: number): Spec => parseSpec({ ...spec, reuse: { workflow } });

describe("a workflow that is run again", () => {
  let market: Market;
  let operator: TestOperator;
  eachWithMarket((made) => (market = made));
  beforeEach(async () => {
    operator = await market.operator({ programs: Object.values(PROGRAM) });
    market.refuseGarbage();
  });

  const views = () => market.coordinator.views;
  const reusedIn = (id: number) =>
    views()
      .tasks(id)
      .flatMap(({ task, reused }) => (reused ? [task] : []));

  async function run(id: number, spec: Spec, outputs: Outputs = good): Promise<number[]> {
    await market.submit(id, spec);
    return operator.workAll(outputs);
  }

  it("keeps what was finished when its third step failed, and buys the rest", async () => {
    const spec = once(pipeline());
    expect(await run(1, spec, bad(9))).to.deep.equal([0, 1, 2, 3, 9]);
    expect(views().workflow(1).state).to.equal("failed");
    expect(await run(2, again(spec, 1))).to.deep.equal([9, 10]);
    expect(reusedIn(2)).to.deep.equal([0, 1, 2, 3]);
    expect(views().workflow(2)).to.deep.include({ counts: { done: 6 }, attempts: 2, reused: 4 });
    expect(views().workflow(2).outputs.proof).to.equal(sha256("merge 10 of workflow 2"));
  });

  it("keeps the finished tasks of a half-finished step", async () => {
    const spec = once(proofs(5));
    await run(1, spec, bad(2));
    expect(views().workflow(1)).to.deep.include({
      state: "failed",
      counts: { done: 4, failed: 1 },
    });
    expect(await run(2, again(spec, 1))).to.deep.equal([2]);
    expect(reusedIn(2)).to.deep.equal([0, 1, 3, 4]);
  });

  it("takes all of it when all was finished, and comes to its end at once", async () => {
    await run(1, proofs(3));
    market.chain.end(1, 3);
    expect(await run(2, again(proofs(3), 1))).to.deep.equal([]);
    expect(market.sent.map(({ purpose }) => purpose)).to.include("finish/2");
  });

  it("can fail and be run again as often as need be: what one of them finished, none buys again", async () => {
    const spec = once(pipeline());
    const bought = [
      await run(1, spec, bad(2)),
      await run(2, again(spec, 1), bad(9)),
      await run(3, again(spec, 2), bad(10)),
      await run(4, again(spec, 3)),
    ];
    expect(bought).to.deep.equal([[0, 1, 2, 3], [2, 9], [9, 10], [10]]);
    // Each result is named by who made it.
    expect(
      views()
        .tasks(4)
        .map(({ reused }) => reused?.workflow),
    ).to.deep.equal([1, 1, 2, 1, 3, undefined]);
  });

  it("goes on across restarts at any point", async () => {
    const spec = once(pipeline());
    await run(1, spec, bad(9));
    const restart = async () => {
      await market.stop();
      await market.start();
      await market.settle();
    };
    await restart();
    await market.submit(2, again(spec, 1));
    for (let i = 0; i < 4; i++) {
      await restart();
      await operator.work(good);
    }
    expect(views().workflow(2)).to.deep.include({ counts: { done: 6 }, attempts: 2, reused: 4 });
  });

  it("takes results that come in after the first has ended, of claims that still stood", async () => {
    const spec = once(proofs(2));
    const other = await market.operator({ programs: Object.values(PROGRAM) });
    await market.submit(1, spec);
    const [late] = await other.sync();
    await operator.sync();
    market.chain.claim(late!);
    await market.settle();
    market.chain.end(1, 3);
    await market.settle();
    const { task } = late!.tasks[0]!;
    await other.report(late!, task, { proof: "late" });
    other.draining = true;
    await other.sync();
    expect(await run(2, again(spec, 1))).to.deep.equal([1 - task]);
    expect(views().tasks(2)[task]!.result).to.equal(sha256("late"));
  });

  it("runs a step anew that was changed, and all that its results go into", async () => {
    const spec = once(pipeline());
    await run(1, spec, bad(10));
    const changed = structuredClone(spec);
    changed.steps[1]!.params = { depth: "3" };
    expect(await run(2, again(changed, 1))).to.deep.equal([1, 2, 3, 9, 10]);
    expect(reusedIn(2)).to.deep.equal([0]);
  });

  it("finds a step at its new place when tasks before it have become more", async () => {
    const spec = once(pipeline());
    await run(1, spec, bad(10));
    const changed = structuredClone(spec);
    changed.steps[1]!.maxTasks = 20;
    expect(await run(2, again(changed, 1))).to.deep.equal([22]);
    expect(reusedIn(2)).to.deep.equal([0, 1, 2, 3, 21]);
  });

  it("takes the branch again that a kept flag decided for", async () => {
    const value = { step: "flag", output: "flag" };
    const spec = once(
      parseSpec({
        version: 1,
        name: "branches",
        inputs: {},
        steps: [
          step({ id: "flag", program: PROGRAM.split, outputs: { flag: "file", hint: "file" } }),
          step({ id: "quick", program: PROGRAM.prove, when: { value, is: sha256("yes") } }),
          step({ id: "careful", program: PROGRAM.prove, when: { value, isNot: sha256("yes") } }),
          step({
            id: "last",
            program: PROGRAM.merge,
            inputs: {
              from: {
                step: "quick",
                output: "proof",
                otherwise: { step: "careful", output: "proof" },
              },
            },
          }),
        ],
        outputs: { last: { step: "last", output: "proof" } },
      }),
    );
    expect(await run(1, spec, bad(3))).to.deep.equal([0, 1, 3]);
    expect(await run(2, again(spec, 1))).to.deep.equal([3]);
    expect(views().workflow(2).counts).to.deep.equal({ done: 3 });
  });

  it("keeps what a tree made without tasks that it went on without", async () => {
    const spec = once(pipeline());
    spec.steps[1]!.onFailure = "continue";
    // The tree merges proofs 1 and 3, as 2 is lost.
    expect(await run(1, spec, bad(2, 10))).to.deep.equal([0, 1, 2, 3, 10]);
    expect(views().workflow(1).state).to.equal("failed");
    expect(await run(2, again(spec, 1), bad(2))).to.deep.equal([2, 10]);
    expect(reusedIn(2)).to.deep.equal([0, 1, 3]);
  });

  it("always has its final step's proof made", async () => {
    market.store.put("statement");
    const spec = parseSpec({
      version: 1,
      name: "final",
      inputs: { statement: { kind: "file", digest: sha256("statement") } },
      steps: [
        step({ id: "prove", program: PROGRAM.prove }),
        step({
          id: "final",
          program: PROGRAM.merge,
          inputs: {
            statement: { input: "statement" },
            of: { step: "prove", output: "proof" },
          },
          statement: "statement",
          rule: { kind: "verifier", address: ADAPTER, gas: 2_000_000 },
          final: true,
        }),
      ],
      outputs: { proof: { step: "final", output: "proof" } },
    });
    await run(1, spec);
    market.chain.pay(1, 1, "settled");
    market.chain.end(1, 2, { completionTx: `0x${"33".repeat(32)}` });
    await market.settle();
    expect(views().workflow(1).counts).to.deep.equal({ done: 2 });
    expect(await run(2, again(spec, 1))).to.deep.equal([1]);
  });

  it("does not take what was struck after all, and takes back what it took before the strike", async () => {
    const spec = once(proofs(4));
    await run(1, spec, bad(3));
    market.chain.pay(1, 0, "struck");
    operator.draining = true;
    await operator.sync();
    await market.submit(2, again(spec, 1));
    expect(reusedIn(2)).to.deep.equal([1, 2]);
    market.chain.pay(1, 1, "struck");
    await market.settle();
    expect(reusedIn(2)).to.deep.equal([2]);
    operator.draining = false;
    await operator.sync();
    await operator.workAll(good);
    expect(views().workflow(2)).to.deep.include({ counts: { done: 4 }, reused: 1 });
  });

  it("is refused when it names a workflow that was not run here, or is another requester's", async () => {
    const spec = proofs(1);
    await run(1, spec);
    await market.submit(2, again(spec, 7));
    expect(views().workflow(2)).to.include({
      state: "refused",
      reason: "reuse.workflow: this coordinator has not run such a workflow",
    });
    market.store.put(canonicalJson(again(spec, 1)));
    market.chain.open(3, again(spec, 1), market.account.address, `0x${"22".repeat(20)}`);
    await market.settle();
    await market.pass(2_000);
    expect(views().workflow(3)).to.include({
      state: "refused",
      reason: "reuse.workflow: another requester opened it",
    });
  });
});
