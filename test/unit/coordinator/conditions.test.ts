import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import type { SignedAssignment } from "../../../protocol/http";
import type { Spec } from "../../../protocol/spec";
import { parseSpec } from "../../../protocol/validate-spec";
import { eachWithMarket } from "./support/each-with-market";
import type { Market, TestOperator } from "./support/market";
import { PROGRAM, step } from "./support/specs";

/** flag -> quick if it says yes, else careful -> last. Tasks 0 to 3. */
function branches(): Spec {
  const value = { step: "flag", output: "flag" };
  const careful = { step: "careful", output: "proof" };
  return parseSpec({
    version: 1,
    name: "branches",
    inputs: { request: { kind: "file", digest: sha256("request") } },
    steps: [
      step({
        id: "flag",
        program: PROGRAM.split,
        inputs: { request: { input: "request" } },
        outputs: { flag: "file", hint: "file" },
      }),
      step({ id: "quick", program: PROGRAM.prove, when: { value, is: sha256("yes") } }),
      step({ id: "careful", program: PROGRAM.prove, when: { value, isNot: sha256("yes") } }),
      step({
        id: "last",
        program: PROGRAM.merge,
        inputs: { from: { step: "quick", output: "proof", otherwise: careful } },
      }),
    ],
    outputs: {
      proof: { step: "quick", output: "proof", otherwise: careful },
      last: { step: "last", output: "proof" },
    },
  });
}

describe("a step's condition in the coordinator", () => {
  let market: Market;
  let operator: TestOperator;
  eachWithMarket((made) => (market = made));
  beforeEach(async () => {
    operator = await market.operator({ programs: Object.values(PROGRAM) });
    await market.submit(1, branches());
  });

  const views = () => market.coordinator.views;
  const says = (flag: string) => (body: SignedAssignment, task: number) =>
    body.stepId === "flag" ? { flag, hint: "none" } : ({ proof: `proof ${task}` } as never);

  async function workAll(flag: string, restart: boolean): Promise<number[]> {
    const done: number[] = [];
    for (let round = 0; round < 5; round++) {
      done.push(...(await operator.work(says(flag))));
      if (!restart) continue;
      await market.stop();
      await market.start();
    }
    return done;
  }

  for (const restart of [false, true])
    for (const [flag, branch] of [
      ["yes", 1],
      ["no", 2],
    ] as const)
      it(`runs the branch for "${flag}" only${restart ? ", across restarts" : ""}`, async () => {
        expect(await workAll(flag, restart)).to.deep.equal([0, branch, 3]);
        expect(views().workflow(1).counts).to.deep.equal({ done: 3 });
        expect(views().workflow(1).outputs).to.deep.equal({
          proof: sha256(`proof ${branch}`),
          last: sha256("proof 3"),
        });
        const last = [...operator.assignments.values()].find(({ stepId }) => stepId === "last");
        expect(last!.tasks[0]!.inputs.from).to.deep.equal({
          digest: sha256(`proof ${branch}`),
          source: { task: branch, attempt: 1 },
        });
        expect(market.sent.map(({ purpose }) => purpose)).to.include("finish/1");
      });

  it("keeps a flag that has decided, whatever becomes of its pay", async () => {
    await operator.work(says("yes"));
    market.chain.pay(1, 0, "struck");
    await market.settle();
    expect(
      views()
        .tasks(1)
        .map(({ step, state }) => [step, state]),
    ).to.deep.equal([
      ["flag", "done"],
      ["quick", "assigned"],
      ["last", "waiting"],
    ]);
  });
});
