import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lowerBound } from "../../../offchain/simulate/bound";
import type { SimWorkflow } from "../../../offchain/simulate/model";
import { parseWorkflow } from "../../../offchain/simulate/read/workflow";
import { POLICIES } from "../../../offchain/simulate/result";
import { simulate } from "../../../offchain/simulate/simulate";
import { sha256 } from "../../../protocol/digest";
import { parseSpec } from "../../../protocol/validate-spec";
import type { Spec } from "../../../protocol/spec";
import { simOperator } from "../../support/sim-operator";
import { scheduleMistakes } from "../../support/check-schedule";
import { pipeline, PROGRAM, step } from "../coordinator/support/specs";

const EXAMPLE = JSON.parse(
  readFileSync(join(__dirname, "../../../docs/spec.example.json"), "utf8"),
) as Spec;

const read = (file: object, beside: Record<string, string> = {}, seed = 1): Promise<SimWorkflow> =>
  parseWorkflow(JSON.stringify(file), "model.json", {
    ignoreTransfers: false,
    seed,
    readBeside: async (path) => beside[path]!,
  });

const mistake = async (file: object): Promise<string> => {
  const error = (await read(file).catch((e: unknown) => e)) as Record<string, string>;
  expect(error.code).to.equal("simulation_file_invalid");
  expect(error.message).to.match(/^model\.json: /);
  return error.field!;
};

const operator = simOperator({ id: "a", cores: 4, memoryMb: 8_192 });

/** Ids of a task's parents. */
const parentsOf = ({ tasks }: SimWorkflow, id: string): string[] =>
  tasks
    .find((task) => task.id === id)!
    .parents.map((parent) => tasks[parent]!.id)
    .sort();

describe("simulating a spec", () => {
  it("unfolds dynamic fan-outs, trees and conditions as its model says", async () => {
    const workflow = await read({
      spec: EXAMPLE,
      durations: { plan_batch: 2, prove_part: { mean: 10, spread: 0.2 } },
      items: { "plan_batch.parts": 3 },
      runs: { extra_check: false },
    });
    expect(workflow.tasks.map(({ id }) => id)).to.deep.equal([
      "plan_batch",
      "prove_part[0]",
      "prove_part[1]",
      "prove_part[2]",
      "merge_proofs[0]",
      "merge_proofs[1]",
      "try_hints[0]",
      "try_hints[1]",
      "wrap_up",
    ]);
    expect(parentsOf(workflow, "prove_part[1]")).to.deep.equal(["plan_batch"]);
    expect(parentsOf(workflow, "try_hints[0]")).to.deep.equal([]);
    expect(parentsOf(workflow, "merge_proofs[1]")).to.include.members([
      "merge_proofs[0]",
      "prove_part[2]",
    ]);
    // Whether there is an extra check, and so what the last step takes instead, is known when the batch is planned.
    expect(parentsOf(workflow, "wrap_up")).to.deep.equal(["merge_proofs[1]", "plan_batch"]);
    for (const { seconds } of workflow.tasks.slice(1, 4)) expect(seconds).to.be.within(8, 12);
    expect(workflow.assumed!.map(({ code, of }) => `${code} ${of}`)).to.deep.equal([
      "duration_unknown merge_proofs",
      "duration_unknown try_hints",
      "duration_unknown wrap_up",
    ]);
    const other = await read({ spec: EXAMPLE, durations: { prove_part: { mean: 10, spread: 0.2 } } }, {}, 2); // prettier-ignore
    expect(other.tasks[1]!.seconds).to.not.equal(workflow.tasks[1]!.seconds);
  });

  it("assumes of a spec alone what its requester pays for in advance, and says so", async () => {
    const workflow = await read(EXAMPLE);
    const ids = workflow.tasks.map(({ id }) => id);
    expect(ids.filter((id) => id.startsWith("prove_part"))).to.have.length(16);
    expect(ids).to.include("extra_check");
    expect(workflow.tasks[0]!.seconds).to.equal(150);
    expect(workflow.assumed!.map(({ code, of }) => `${code} ${of}`)).to.include.members([
      "items_unknown plan_batch.parts",
      "condition_unknown extra_check",
      "duration_unknown plan_batch",
    ]);
  });

  it("takes as many items as all that goes over them later can take", async () => {
    const spec = pipeline();
    spec.steps[2]!.maxTasks = 3; // a tree of three nodes over four
    const workflow = await read(spec);
    expect(workflow.tasks).to.have.length(1 + 4 + 3);
  });

  it("knows a diamond: two maps over one list that meet again", async () => {
    const map = (id: string) =>
      step({
        id,
        program: PROGRAM.prove,
        fanOut: { kind: "map", over: ["part"] },
        inputs: { part: { step: "top", output: "parts" } },
        maxTasks: 3,
      });
    const spec = parseSpec({
      version: 1,
      name: "diamond",
      inputs: { request: { kind: "file", digest: sha256("r") } },
      steps: [
        step({
          id: "top",
          program: PROGRAM.split,
          inputs: { request: { input: "request" } },
          outputs: { parts: "collection" },
        }),
        map("left"),
        map("right"),
        step({
          id: "bottom",
          program: PROGRAM.merge,
          inputs: {
            a: { step: "left", output: "proof", index: 0 },
            b: { step: "right", output: "proof", index: 1 },
          },
        }),
      ],
      outputs: { proof: { step: "bottom", output: "proof" } },
    });
    const durations = { top: 1, left: 2, right: 3, bottom: 4 };
    const workflow = await read({ spec, durations, items: { "top.parts": 2 } });
    expect(parentsOf(workflow, "bottom")).to.deep.equal(["left[0]", "right[1]", "top"]);
    expect(lowerBound([workflow], [operator]).criticalPath).to.equal(8);
    const result = simulate({ workflows: [workflow], operators: [operator], policy: "froben", seed: 1 }); // prettier-ignore
    expect(result.makespan).to.equal(8);
  });

  it("schedules a spec without mistakes under every policy, with its steps as the scheduler's", async () => {
    const workflow = await read({ spec: "spec.json", arrivesAt: 5 }, { "spec.json": JSON.stringify(EXAMPLE) }); // prettier-ignore
    const fleet = [operator, { ...operator, id: "b", failureRate: 0.1 }];
    for (const policy of POLICIES)
      for (const knownDurations of [false, true]) {
        const options = {
          workflows: [workflow],
          operators: fleet,
          policy,
          seed: 1,
          knownDurations,
        };
        const result = simulate(options);
        expect(scheduleMistakes(result, [workflow], fleet)).to.deep.equal([]);
        expect(result.workflows[0]).to.include({ state: "done", arrivesAt: 5 });
        if (policy === "froben" && !knownDurations)
          expect(new Set(result.decisions.map((made) => made.step))).to.deep.equal(
            new Set(EXAMPLE.steps.map(({ id }) => id)),
          );
      }
  });

  it("says where a model is wrong", async () => {
    const spec = EXAMPLE;
    expect(await mistake({ spec, durations: { nobody: 1 } })).to.equal("durations.nobody");
    expect(await mistake({ spec, durations: { plan_batch: -1 } })).to.equal("durations.plan_batch");
    expect(await mistake({ spec, items: { "plan_batch.mode": 1 } })).to.equal(
      "items.plan_batch.mode",
    );
    expect(await mistake({ spec, items: { "plan_batch.parts": 17 } })).to.equal(
      "steps[1].maxTasks",
    );
    expect(await mistake({ spec, runs: { wrap_up: true } })).to.equal("runs.wrap_up");
    expect(await mistake({ spec: { ...EXAMPLE, steps: [] } })).to.equal("spec.steps");
    expect(await mistake({ ...EXAMPLE, steps: [] })).to.equal("steps");
    expect(await mistake({ spec, speed: 1 })).to.equal("(the whole)");
  });

  it("refuses a model in which conditions contradict each other or the workflow's inputs", async () => {
    const branch = (id: string, when: Spec["steps"][number]["when"]) =>
      step({ id, program: PROGRAM.prove, when });
    const of = (value: { input: string } | { step: string; output: string }) =>
      parseSpec({
        version: 1,
        name: "branches",
        inputs: { mode: { kind: "file", digest: sha256("fast") } },
        steps: [
          step({ id: "plan", program: PROGRAM.split, outputs: { mode: "file" } }),
          branch("fast", { value, is: sha256("fast") }),
          branch("slow", { value, isNot: sha256("fast") }),
        ],
        outputs: { mode: { step: "plan", output: "mode" } },
      });
    const dynamic = of({ step: "plan", output: "mode" });
    expect(await mistake({ spec: dynamic, runs: { fast: true, slow: true } })).to.match(/^runs\./);
    const slow = await read({ spec: dynamic, runs: { slow: true } });
    expect(slow.tasks.map(({ id }) => id)).to.deep.equal(["plan", "slow"]);
    expect(parentsOf(slow, "slow")).to.deep.equal(["plan"]);
    const fixed = of({ input: "mode" });
    expect(await mistake({ spec: fixed, runs: { slow: true } })).to.equal("runs.slow");
    expect((await read(fixed)).tasks.map(({ id }) => id)).to.have.members(["plan", "fast"]);
  });
});

describe("offers that rise in a simulated market", () => {
  const priceBump = { fromBps: 5_000, byBps: 2_000 };
  const spec = () => {
    const made = pipeline();
    return { ...made, steps: made.steps.map((of) => ({ ...of, priceBump })) };
  };
  /** Two operators, of which the second asks twice as much. */
  const fleet = (slots: number) => [
    simOperator({ id: "cheap", cores: slots, memoryMb: 8_192 * slots, pricePerHour: 1 }),
    simOperator({ id: "dear", cores: 4, memoryMb: 32_768, pricePerHour: 2 }),
  ];
  const run = (workflow: SimWorkflow, operators = fleet(4)) =>
    simulate({ workflows: [workflow], operators, policy: "froben", seed: 1 });

  it("come up to what the only operator asks, after the time that its step gives for each rise", async () => {
    const workflow = await read({ spec: spec() });
    const result = run(workflow, [fleet(1)[1]!]);
    const { startSeconds } = workflow.spec!.steps[0]!.limits;
    expect(result.workflows[0]!.state).to.equal("done");
    expect(result.attempts[0]!.start).to.equal(3 * startSeconds);
  });

  it("go at once to whoever asks for so little", async () => {
    const result = run(await read({ spec: spec() }));
    expect(result.attempts[0]).to.include({ operator: "cheap", start: 0 });
    expect(result.decisions[0]!.rejections.price).to.deep.equal(["dear"]);
  });
});
