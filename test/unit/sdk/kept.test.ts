import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import type { TaskView } from "../../../protocol/http";
import type { Spec } from "../../../protocol/spec";
import { keptOf } from "../../../sdk/workflow/kept";
import { pipeline } from "../coordinator/support/specs";

const view = (step: string, change: Partial<TaskView> = {}): TaskView => ({
  task: 0,
  step,
  index: 0,
  state: "done",
  pay: "committed",
  attempt: 1,
  operator: null,
  progress: 1,
  note: null,
  startedAt: null,
  endedAt: null,
  expectedMs: null,
  result: sha256("result"),
  reused: null,
  reason: null,
  ...change,
});
const DONE = [view("split"), view("prove"), view("prove"), view("merge")];

describe("what a re-run keeps", () => {
  const kept = (tasks: TaskView[], change: (spec: Spec) => void = () => {}) => {
    const spec = structuredClone(pipeline());
    change(spec);
    return keptOf(pipeline(), spec, tasks);
  };

  it("is every finished task, at the ceilings of today", () => {
    expect(kept(DONE)).to.deep.equal({ tasks: 4, work: 4_000n, underWay: 0 });
    expect(kept(DONE, (spec) => (spec.steps[1]!.reward = 7)).work).to.equal(2_014n);
  });

  it("is not what the chain has something against, nor what is not finished", () => {
    for (const pay of ["struck", "void", "conceded", "disputed"] as const)
      expect(kept([view("prove", { pay })]).tasks).to.equal(0);
    for (const pay of ["none", "claimed", "settled", "expired", "released"] as const)
      expect(kept([view("prove", { pay })]).tasks).to.equal(1);
    for (const state of ["failed", "waiting", "ready", "left_out"] as const)
      expect(kept([view("prove", { state })])).to.deep.equal({ tasks: 0, work: 0n, underWay: 0 });
    for (const state of ["assigned", "running", "validating"] as const)
      expect(kept([view("prove", { state })])).to.include({ tasks: 0, underWay: 1 });
  });

  const CHANGES: [what: string, change: (spec: Spec) => void, tasks: number][] = [
    ["its first step's program", (s) => (s.steps[0]!.program = sha256("new")), 0],
    ["what its first step goes by", (s) => (s.steps[0]!.params = { depth: "3" }), 0],
    [
      "a later step's rule",
      (s) => (s.steps[1]!.rule = { kind: "accepted", validation: sha256("new") }),
      1,
    ],
    ["the requester's input", (s) => (s.inputs.batch = { kind: "file", digest: sha256("new") }), 0],
    ["the last step's fan-out", (s) => (s.steps[2]!.fanOut = { kind: "single" }), 3],
    ["the last step's name", (s) => (s.steps[2]!.id = "merge-all"), 3],
    [
      "rewards, limits and policies",
      (s) => {
        for (const step of s.steps) {
          step.reward = 5;
          step.bond = 50;
          step.retry = { attempts: 9, backoffSeconds: 0 };

          step.memo = true;
        }
      },
      4,
    ],
  ];
  for (const [what, change, tasks] of CHANGES)
    it(`is ${tasks} of four finished tasks when what changes is ${what}`, () => {
      expect(kept(DONE, change).tasks).to.equal(tasks);
    });

  it("is never the final proof", () => {
    const final = (spec: Spec) => (spec.steps[2]!.final = true);
    expect(kept(DONE, final).tasks).to.equal(3);
  });
});
