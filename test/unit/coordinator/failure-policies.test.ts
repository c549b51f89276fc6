import { expect } from "chai";
import { WORKFLOW_STATUS } from "../../../protocol/abi";
import { sha256 } from "../../../protocol/digest";
import type { SignedAssignment } from "../../../protocol/http";
import type { OnFailure, Ref, Spec } from "../../../protocol/spec";
import { parseSpec } from "../../../protocol/validate-spec";
import { eachWithMarket } from "./support/each-with-market";
import type { Market, TestOperator } from "./support/market";
import { FOUR_ITEMS, PROGRAM, proveMergeWrap } from "./support/specs";

function graph(onFailure: OnFailure, outputs: Record<string, Ref>): Spec {
  const steps = proveMergeWrap({ attempts: 1, backoffSeconds: 0 }, onFailure);
  return parseSpec({ version: 1, name: "policies", inputs: FOUR_ITEMS, steps, outputs });
}

const OUTPUTS: Record<string, Ref> = {
  wrapped: { step: "wrap", output: "proof" },
  proofs: { step: "prove", output: "proof" },
};
const SECOND: Record<string, Ref> = { second: { step: "prove", output: "proof", index: 1 } };

describe("a step's failure policy in the coordinator", () => {
  let market: Market;
  let operator: TestOperator;
  eachWithMarket((made) => (market = made));
  beforeEach(async () => {
    operator = await market.operator({ programs: Object.values(PROGRAM) });
  });

  const view = () => market.coordinator.views.workflow(1);
  const states = () => market.coordinator.views.tasks(1).map(({ state }) => state);

  async function breakDown(body: SignedAssignment, task: number): Promise<void> {
    await market.coordinator.failure(operator.address, {
      workflow: 1,
      task,
      attempt: body.attempt,
      root: body.root,
      code: "run_failed",
      message: "it broke",
      inputRefused: false,
    });
    await market.settle();
  }

  /** Does everything that there is to do; tasks of `failing` fail. @returns inputs by task, as they were assigned */
  async function workAll(failing: number[], restart = false) {
    const inputs = new Map<number, Record<string, string>>();
    for (let rounds = 0; rounds < 20; rounds++) {
      for (const body of await operator.sync()) {
        operator.hold(body);
        market.chain.claim(body);
        await market.settle();
        for (const { task, inputs: given } of body.tasks) {
          const named = Object.entries(given).map(([name, { digest }]) => [name, digest]);
          inputs.set(task, Object.fromEntries(named) as Record<string, string>);
          if (failing.includes(task)) {
            operator.running = operator.running.filter((held) => held.task !== task);
            market.chain.pay(1, task, "released");
            await breakDown(body, task);
          } else await operator.report(body, task, { proof: `proof ${task}` });
        }
      }
      if (restart) {
        await market.stop();
        await market.start();
      }
      await market.pass(1_000);
    }
    return inputs;
  }

  for (const restart of [false, true])
    it(`goes on without a proof that failed, and merges the others${restart ? ", across restarts" : ""}`, async () => {
      await market.submit(1, graph("continue", OUTPUTS));
      const inputs = await workAll([1], restart);
      expect(states()).to.deep.equal([
        ...["done", "failed", "done", "done"],
        ...["left_out", "done", "done"],
        "done",
      ]);
      const proof = (task: number) => sha256(`proof ${task}`);
      expect(inputs.get(6)).to.deep.equal({ left: proof(0), right: proof(5) });
      expect(view().outputs).to.deep.equal({
        wrapped: proof(7),
        proofs: [proof(0), proof(2), proof(3)],
      });
      expect(market.sent.map(({ purpose }) => purpose)).to.include("finish/1");
      market.chain.end(1, WORKFLOW_STATUS.completed);
      await market.settle();
      expect(view().state).to.equal("completed");
    });

  it("fails the workflow when nothing is left for a task that needs it", async () => {
    await market.submit(1, graph("continue", OUTPUTS));
    await workAll([0, 1, 2, 3]);
    expect(view()).to.include({
      state: "failed",
      reason: "wrap 0: an input that it needs can't be had",
    });
  });

  it("completes without what is ignored, and without what needed it", async () => {
    await market.submit(1, graph("ignore", OUTPUTS));
    await workAll([0, 1, 2, 3]);
    expect(view().counts).to.deep.equal({ failed: 4, left_out: 4 });
    expect(view().outputs).to.deep.equal({ proofs: [] });
    expect(view().state).to.equal("running");
    expect(market.sent.map(({ purpose }) => purpose)).to.include("finish/1");
  });

  it("fails a workflow whose output is exactly what was lost, and not if it is ignored", async () => {
    await market.submit(1, graph("continue", SECOND));
    await workAll([1]);
    expect(view()).to.include({
      state: "failed",
      reason: "outputs.second: the task that makes it failed",
    });
    await market.submit(2, graph("ignore", SECOND));
    await workAll([]);
    expect(market.coordinator.views.workflow(2).outputs).to.have.keys("second");
  });

  it("has a node that was left out wait again when the child that it carried is struck", async () => {
    await market.submit(1, graph("continue", OUTPUTS));
    const given = new Map<number, SignedAssignment>();
    const take = async () => {
      for (const body of await operator.sync()) {
        operator.hold(body);
        market.chain.claim(body);
        await market.settle();
        for (const { task } of body.tasks) given.set(task, body);
      }
    };
    const deliver = async (task: number) => {
      const result = await operator.report(given.get(task)!, task, { proof: `proof ${task}` });
      const commitment = operator.commitment(given.get(task)!, task, result);
      market.chain.pay(1, task, "committed", [commitment]);
      await market.settle();
    };
    await take();
    await deliver(0);
    await take();
    operator.running = [];
    market.chain.pay(1, 1, "released");
    await breakDown(given.get(1)!, 1);
    expect([states()[0], states()[1], states()[4]]).to.deep.equal(["done", "failed", "left_out"]);
    market.chain.pay(1, 0, "struck");
    await market.settle();
    // One attempt was all that the step allows: it is lost too, and with it the whole pair.
    expect(states()[0]).to.equal("failed");
    expect(states()[4]).to.equal("left_out");
    for (let i = 0; i < 6; i++) {
      await take();
      for (const task of given.keys())
        if (states()[task] === "assigned" || states()[task] === "running") await deliver(task);
      await market.pass(1_000);
    }
    expect(states()).to.deep.equal([
      ...["failed", "failed", "done", "done"],
      ...["left_out", "done", "left_out"],
      "done",
    ]);
    expect(given.get(7)!.tasks[0]!.inputs.top).to.include({ digest: sha256("proof 5") });
  });
});
