import { expect } from "chai";
import type { SignedAssignment } from "../../../protocol/http";
import type { Spec } from "../../../protocol/spec";
import { parseSpec } from "../../../protocol/validate-spec";
import { eachWithMarket } from "./support/each-with-market";
import type { Market, TestOperator } from "./support/market";
import { pipeline, PROGRAM } from "./support/specs";

const CANCELLED = 3;

describe("a re-run whose coordinator loses its database", () => {
  let market: Market;
  let operator: TestOperator;
  eachWithMarket((made) => (market = made));
  beforeEach(async () => {
    operator = await market.operator({ programs: Object.values(PROGRAM) });
    market.refuseGarbage();
  });

  const views = () => market.coordinator.views;
  const once: Spec = {
    ...pipeline(),
    steps: pipeline().steps.map((one) => ({ ...one, retry: { attempts: 1, backoffSeconds: 0 } })),
  };
  const again = (workflow: number): Spec => parseSpec({ ...once, reuse: { workflow } });

  /** As if provers were randomised. @param bad task whose result is refused */
  const outputs =
    (bad?: number) =>
    (body: SignedAssignment, task: number): Record<string, string | string[]> => {
      if (body.stepId === "split") return { leaves: ["a", "b", "c"], statement: "root" };
      if (task === bad) return { proof: "garbage" };
      return { proof: `${body.stepId} ${task} of workflow ${body.workflow}` };
    };

  const workAll = (bad?: number) => operator.workAll(outputs(bad));

  async function loseDatabase(): Promise<void> {
    await market.loseDatabase();
    // What an earlier life may have given out can't be claimed any more.
    for (let i = 0; i < 8; i++) await market.pass(6_000);
    operator = await market.operator({ programs: Object.values(PROGRAM) });
  }

  /** Workflow 1 failed at a merge, 2 is its re-run, in which the proofs of 1 were taken. */
  async function rerun(bad?: number): Promise<number[]> {
    await market.submit(1, once);
    await workAll(9);
    market.chain.pay(1, 9, "conceded");
    market.chain.end(1, CANCELLED);
    await market.submit(2, again(1));
    return workAll(bad);
  }

  it("finds by chain and artifacts what was taken, and buys none of it: what rests on it stays", async () => {
    expect(await rerun()).to.deep.equal([9, 10]);
    const before = views().tasks(2);
    await loseDatabase();
    expect(await workAll()).to.deep.equal([]);
    const facts = () =>
      views()
        .tasks(2)
        .map(({ state, result, reused }) => ({ state, result, reused }));
    expect(facts()).to.deep.equal(
      before.map(({ state, result, reused }) => ({ state, result, reused })),
    );
    expect(views().workflow(2)).to.deep.include({ counts: { done: 6 }, reused: 4 });
  });

  it("also what a re-run of a re-run takes, when it is asked for afterwards", async () => {
    await rerun(10);
    market.chain.pay(2, 10, "conceded");
    market.chain.end(2, CANCELLED);
    await loseDatabase();
    await market.submit(3, again(2));
    await market.pass(2_000);
    expect(await workAll()).to.deep.equal([10]);
    expect(
      views()
        .tasks(3)
        .map(({ reused }) => reused?.workflow),
    ).to.deep.equal([1, 1, 1, 1, 2, undefined]);
  });

  it("does not take what is not valid, was struck, or of which the artifact is gone", async () => {
    await rerun(10);
    market.chain.pay(2, 10, "conceded");
    market.chain.end(2, CANCELLED);
    const [, first, second, third] = views().tasks(2);
    market.chain.pay(1, first!.task, "struck");
    market.store.remove(second!.result!);
    const judge = market.judge;
    await loseDatabase();
    market.judge = (job) =>
      "inputs" in job && job.inputs.proof === third!.result ? { valid: false } : judge(job);
    await market.submit(3, again(2));
    await market.pass(2_000);
    expect(await workAll()).to.deep.equal([1, 2, 3, 9, 10]);
  });
});
