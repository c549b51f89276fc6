import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { parseSpec, specDigest } from "../../../protocol/validate-spec";
import {
  from,
  one,
  OVER_ITEMS,
  refusesEach,
  spec,
  step,
  tree,
  VERIFIER,
  type Mistake,
  type StepInput,
} from "./support/spec-samples";

const YES = sha256("yes");
const flag = { step: "flag", output: "result" };
/** flag; a: if it says yes; b: with what is given. */
const conditional = (
  b: Partial<StepInput>,
  { flag: flagChange = {}, a = {} }: { flag?: Partial<StepInput>; a?: Partial<StepInput> } = {},
) =>
  spec([
    step("flag", flagChange),
    step("a", { when: { value: flag, is: YES }, ...a }),
    step("b", b),
  ]);
const orElse = (otherwise: object) => ({
  inputs: { data: { step: "a", output: "result", otherwise } as never },
});

const MISTAKES: Mistake[] = [
  {
    what: "a final step that the workflow would go on without",
    spec: one({ final: true, rule: VERIFIER, statement: "data", onFailure: "continue" }),
    code: "spec_on_failure",
    field: "steps[0].onFailure",
    value: "continue",
  },
  {
    what: "going on without a list",
    spec: one({ outputs: { result: "collection" }, onFailure: "ignore" }),
    code: "spec_on_failure",
    field: "steps[0].onFailure",
    value: "ignore",
  },
  {
    what: "ignoring what the final step needs through another",
    spec: spec([
      step("a", { onFailure: "ignore" }),
      step("b", { inputs: from("a") }),
      step("c", { inputs: from("b"), final: true, rule: VERIFIER, statement: "data" }),
    ]),
    code: "spec_on_failure",
    field: "steps[0].onFailure",
    value: "ignore",
  },
  {
    what: "a final step whose result may be taken from elsewhere",
    spec: one({ final: true, rule: VERIFIER, statement: "data", memo: true }),
    code: "spec_memo",
    field: "steps[0].memo",
  },
  {
    what: "results of no workflow",
    spec: spec([step("a")], { reuse: { workflow: 0 } }),
    code: "spec_invalid",
    field: "reuse.workflow",
    limit: 1,
    value: 0,
  },
  {
    what: "a condition on a list",
    spec: one({ when: { value: { input: "items" }, is: YES } }),
    code: "spec_when",
    field: "steps[0].when.value",
  },
  {
    what: "a condition on an unknown output",
    spec: conditional({ when: { value: { step: "flag", output: "x" }, is: YES } }),
    code: "spec_unknown_output",
    field: "steps[2].when.value",
    value: "x",
  },
  {
    what: "a condition on one task of many",
    spec: spec([
      step("a", { ...OVER_ITEMS, maxTasks: 2 }),
      step("b", { when: { value: { step: "a", output: "result", index: 0 }, is: YES } }),
    ]),
    code: "spec_when",
    field: "steps[1].when.value",
    value: "a",
  },
  {
    what: "a condition on a step that has one itself",
    spec: conditional({ when: { value: { step: "a", output: "result" }, is: YES } }),
    code: "spec_when",
    field: "steps[2].when.value",
    value: "a",
  },
  {
    what: "a condition on a step that the workflow goes on without",
    spec: conditional({}, { flag: { onFailure: "continue" } }),
    code: "spec_when",
    field: "steps[1].when.value",
    value: "flag",
  },
  {
    what: "a condition on a step that rests on one that may be ignored",
    spec: spec([
      step("x", { onFailure: "ignore" }),
      step("flag", { inputs: from("x") }),
      step("a", { when: { value: flag, is: YES } }),
    ]),
    code: "spec_when",
    field: "steps[2].when.value",
    value: "flag",
  },
  {
    what: "a condition of the final step",
    spec: conditional({
      when: { value: flag, is: YES },
      final: true,
      rule: VERIFIER,
      statement: "data",
    }),
    code: "spec_when",
    field: "steps[2].when",
  },
  {
    what: "a step that is its own condition",
    spec: one({ when: { value: { step: "a", output: "result" }, is: YES } }),
    code: "spec_cycle",
    field: "steps",
    value: "a -> a",
  },
  {
    what: "an input that dangles when a step is left out",
    spec: conditional({ inputs: from("a") }),
    code: "spec_dangling",
    field: "steps[2].inputs.data",
    value: "a",
  },
  {
    what: "an input that dangles when its step is run and the other is not",
    spec: conditional({ when: { value: flag, isNot: YES }, inputs: from("a") }),
    code: "spec_dangling",
    field: "steps[2].inputs.data",
    value: "a",
  },
  {
    what: "a tree over a list that may be left out",
    spec: conditional(tree({ source: { step: "a", output: "result" } }), {
      a: { ...OVER_ITEMS, maxTasks: 2 },
    }),
    code: "spec_dangling",
    field: "steps[2].fanOut.source",
    value: "a",
  },
  {
    what: "an output that dangles when a step is left out",
    spec: { ...conditional({}), outputs: { out: { step: "a", output: "result" } } },
    code: "spec_dangling",
    field: "outputs.out",
    value: "a",
  },
  {
    what: "taking something instead of what is always there",
    spec: spec([
      step("a"),
      step("b", {
        inputs: { data: { step: "a", output: "result", otherwise: { input: "data" } } },
      }),
    ]),
    code: "spec_otherwise",
    field: "steps[1].inputs.data.otherwise",
    value: "a",
  },
  {
    what: "taking a list instead of a file",
    spec: conditional(orElse({ input: "items" })),
    code: "spec_otherwise",
    field: "steps[2].inputs.data.otherwise",
  },
  {
    what: "taking an unknown input instead",
    spec: conditional(orElse({ input: "x" })),
    code: "spec_unknown_input",
    field: "steps[2].inputs.data.otherwise",
    value: "x",
  },
  {
    what: "taking instead what may be left out at the same time",
    spec: spec([
      step("flag"),
      step("a", { when: { value: flag, is: YES } }),
      step("c", { when: { value: flag, is: sha256("no") } }),
      step("b", orElse({ step: "c", output: "result" })),
    ]),
    code: "spec_dangling",
    field: "steps[3].inputs.data.otherwise",
    value: "c",
  },
  {
    what: "an offer above the reward",
    spec: one({ priceBump: { fromBps: 10_001, byBps: 1 } }),
    code: "spec_invalid",
    field: "steps[0].priceBump.fromBps",
    limit: 10_000,
    value: 10_001,
  },
  {
    what: "an offer that never rises",
    spec: one({ priceBump: { fromBps: 5_000, byBps: 0 } }),
    code: "spec_invalid",
    field: "steps[0].priceBump.byBps",
    limit: 1,
    value: 0,
  },
  {
    what: "a copy of what is no straggler yet",
    spec: one({ standby: { afterFactor: 0.5 } }),
    code: "spec_invalid",
    field: "steps[0].standby.afterFactor",
    limit: 1,
    value: 0.5,
  },
];

describe("parseSpec, of failure policies, conditions and offers", () => {
  refusesEach(MISTAKES);

  it("has one digest for a step that fails its workflow, whether it says so or not", () => {
    const silent = parseSpec(one({}));
    expect(specDigest(parseSpec(one({ onFailure: "fail" })))).to.equal(specDigest(silent));
    expect(specDigest(parseSpec(one({ onFailure: "continue" })))).to.not.equal(specDigest(silent));
  });

  it("has one digest for a step whose results are not taken again, whether it says so or not", () => {
    const silent = parseSpec(one({}));
    expect(specDigest(parseSpec(one({ memo: false })))).to.equal(specDigest(silent));
    expect(specDigest(parseSpec(one({ memo: true })))).to.not.equal(specDigest(silent));
  });

  it("takes a final step over a tree of items that may be ignored", () => {
    const top = { data: { step: "b", output: "result", index: 0 } };
    const steps = [
      step("a", { ...OVER_ITEMS, maxTasks: 2, onFailure: "ignore" }),
      step("b", tree({ source: { step: "a", output: "result" } })),
      step("c", { inputs: top, final: true, rule: VERIFIER, statement: "data" }),
    ];
    expect(parseSpec(spec(steps)).steps[0]!.onFailure).to.equal("ignore");
  });

  it("takes two branches that meet, and steps that share a condition", () => {
    const yes = { when: { value: flag, is: YES } };
    const no = { when: { value: flag, isNot: YES } };
    const either = { step: "a2", output: "result", otherwise: { step: "b", output: "result" } };
    const branches = spec(
      [
        step("flag"),
        step("a", yes),
        step("a2", { ...yes, inputs: from("a") }),
        step("b", no),
        step("c", { inputs: { data: either } }),
      ],
      { outputs: { out: either } },
    );
    expect(parseSpec(branches).steps).to.have.length(5);
  });
});
