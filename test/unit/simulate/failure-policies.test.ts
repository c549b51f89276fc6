import { expect } from "chai";
import type { OnFailure, Ref, Spec } from "../../../protocol/spec";
import { parseSpec } from "../../../protocol/validate-spec";
import { POLICIES, type Policy, type Simulation } from "../../../offchain/simulate/result";
import { simulate } from "../../../offchain/simulate/simulate";
import { specWorkflow } from "../../../offchain/simulate/spec/workflow";
import { scheduleMistakes } from "../../support/check-schedule";
import { simOperator } from "../../support/sim-operator";
import { FOUR_ITEMS, PROGRAM, proveMergeWrap, step } from "../coordinator/support/specs";

const SECONDS = 10;
const retry = { attempts: 2, backoffSeconds: 1 };
const WRAPPED: Record<string, Ref> = { wrapped: { step: "wrap", output: "proof" } };
const SECOND: Record<string, Ref> = { second: { step: "prove", output: "proof", index: 1 } };

/** prove (map over four items) -> merge (a tree) -> wrap; check (of the second proof alone) -> report. */
function graph(prove: OnFailure, check: OnFailure, outputs = WRAPPED): Spec {
  return parseSpec({
    version: 1,
    name: "policies",
    inputs: FOUR_ITEMS,
    steps: [
      ...proveMergeWrap(retry, prove),
      step({
        id: "check",
        program: PROGRAM.split,
        inputs: { second: { step: "prove", output: "proof", index: 1 } },
        retry,
        onFailure: check,
      }),
      step({
        id: "report",
        program: PROGRAM.split,
        inputs: { checked: { step: "check", output: "proof" } },
        retry,
        onFailure: "ignore",
      }),
    ],
    outputs,
  });
}

/** Runs a spec of whose tasks some never end in time. */
function run(spec: Spec, never: string[], policy: Policy = "froben"): Simulation {
  const durations = Object.fromEntries(spec.steps.map(({ id }) => [id, SECONDS]));
  const workflow = specWorkflow(spec, { durations, items: {}, runs: {} }, "model", 1);
  for (const task of workflow.tasks) if (never.includes(task.id)) task.seconds = 1e6;
  const operators = [simOperator({ id: "a", cores: 4, memoryMb: 8_192 })];
  const result = simulate({ workflows: [workflow], operators, policy, seed: 1 });
  expect(scheduleMistakes(result, [workflow], operators)).to.deep.equal([]);
  return result;
}

/** The tasks that were done, each once. */
const doneOf = ({ attempts }: Simulation) =>
  attempts.flatMap(({ task, outcome }) => (outcome === "done" ? [task] : [])).sort();

describe("a step's failure policy in a simulated market", () => {
  for (const policy of POLICIES) {
    it(`fails the workflow, and gives out nothing more of it (${policy})`, () => {
      const result = run(graph("fail", "fail"), ["prove[1]"], policy);
      expect(result.workflows[0]).to.include({ state: "failed", end: null, tasksFailed: 0 });
      expect(doneOf(result)).to.not.include("wrap");
      expect(result.attempts.filter(({ task }) => task === "prove[1]")).to.have.length(2);
    });

    it(`goes on without what is lost, and fails what needs exactly that (${policy})`, () => {
      const result = run(graph("continue", "ignore"), ["prove[1]"], policy);
      // The check fails for want of its proof, as its own step says; its report is left out.
      expect(result.workflows[0]).to.include({ state: "done", tasksFailed: 2, tasksLeftOut: 2 });
      // Of four proofs three are merged: one goes up alone, its node is left out.
      expect(doneOf(result)).to.deep.equal(
        ["prove[0]", "prove[2]", "prove[3]", "merge[1]", "merge[2]", "wrap"].sort(),
      );
    });

    it(`leaves out what an ignored failure was for (${policy})`, () => {
      const result = run(graph("ignore", "fail"), ["prove[1]"], policy);
      expect(result.workflows[0]).to.include({ state: "done", tasksFailed: 1, tasksLeftOut: 3 });
      expect(doneOf(result)).to.not.include.members(["check", "report"]);
      expect(doneOf(result)).to.include("wrap");
    });
  }

  it("fails the workflow at once where a task needs exactly what is lost, and nothing goes on without it", () => {
    const result = run(graph("continue", "fail"), ["prove[1]"]);
    expect(result.workflows[0]).to.include({ state: "failed", tasksFailed: 1 });
  });

  it("fails the workflow in the end where an output of it is lost, and not where it is ignored", () => {
    const lost = run(graph("continue", "ignore", SECOND), ["prove[1]"]);
    expect(lost.workflows[0]!.state).to.equal("failed");
    expect(doneOf(lost)).to.include("wrap");
    const ignored = run(graph("ignore", "ignore", SECOND), ["prove[1]"]);
    expect(ignored.workflows[0]!.state).to.equal("done");
  });

  it("does all tasks where none fails", () => {
    const result = run(graph("ignore", "continue"), []);
    expect(result.workflows[0]).to.include({ state: "done", tasksFailed: 0, tasksLeftOut: 0 });
    expect(doneOf(result)).to.have.length(10);
  });
});
