import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import { LIMITS } from "../../../protocol/limits";
import type { SpecInput } from "../../../protocol/spec";
import { parseSpec, specDigest } from "../../../protocol/validate-spec";

type StepInput = SpecInput["steps"][number];

function step(id: string, change: Partial<StepInput> = {}): StepInput {
  return {
    id,
    program: sha256("program"),
    fanOut: { kind: "single" },
    inputs: { data: { input: "data" } },
    outputs: { result: "file" },
    resources: { cores: 1, memoryMb: 100 },
    maxTasks: 1,
    reward: 1000,
    bond: 2000,
    claimSeconds: 60,
    windowSeconds: 10,
    maxRevealBytes: 0,
    rule: { kind: "accepted", validation: sha256("check") },
    limits: { startSeconds: 10, runSeconds: 30, silenceSeconds: 5 },
    retry: { attempts: 3, backoffSeconds: 1 },
    ...change,
  };
}

function spec(steps: StepInput[], change: Partial<SpecInput> = {}): SpecInput {
  return {
    version: 1,
    name: "test",
    inputs: {
      data: { kind: "file", digest: sha256("data") },
      items: { kind: "collection", items: [sha256("a"), sha256("b")] },
    },
    steps,
    outputs: {},
    ...change,
  };
}

const VERIFIER = { kind: "verifier", address: `0x${"aa".repeat(20)}`, gas: 1000 } as const;
const from = (id: string) => ({ data: { step: id, output: "result" } });
const OVER_ITEMS: Partial<StepInput> = {
  fanOut: { kind: "map", over: ["data"] },
  inputs: { data: { input: "items" } },
};
const tree = (change: object = {}): Partial<StepInput> => ({
  fanOut: {
    kind: "tree",
    source: { input: "items" },
    slots: ["l", "r"],
    item: "result",
    until: 1,
    ...change,
  },
  inputs: {},
});

interface Mistake {
  what: string;
  spec: unknown;
  code: string;
  field: string;
  limit?: string | number;
  value?: string | number;
}

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

const one = (change: Partial<StepInput>) => spec([step("a", change)]);

const MISTAKES: Mistake[] = [
  { what: "no object at all", spec: 7, code: "spec_invalid", field: "(root)", value: 7 },
  {
    what: "another version",
    spec: { ...one({}), version: 2 },
    code: "spec_invalid",
    field: "version",
    value: 2,
  },
  { what: "an unknown key", spec: { ...one({}), extra: 1 }, code: "spec_invalid", field: "(root)" },
  { what: "no step", spec: spec([]), code: "spec_invalid", field: "steps", limit: 1 },
  {
    what: "too many steps",
    spec: spec(Array.from({ length: LIMITS.maxSteps + 1 }, (_, i) => step(`s${i}`))),
    code: "spec_invalid",
    field: "steps",
    limit: LIMITS.maxSteps,
  },
  {
    what: "zero tasks",
    spec: one({ maxTasks: 0 }),
    code: "spec_invalid",
    field: "steps[0].maxTasks",
    limit: 1,
    value: 0,
  },
  {
    what: "too many tasks of one step",
    spec: one({ ...OVER_ITEMS, maxTasks: LIMITS.maxTasks + 1 }),
    code: "spec_invalid",
    field: "steps[0].maxTasks",
    limit: LIMITS.maxTasks,
    value: LIMITS.maxTasks + 1,
  },
  {
    what: "too many tasks of all steps together",
    spec: spec([step("a", { ...OVER_ITEMS, maxTasks: LIMITS.maxTasks }), step("b")]),
    code: "spec_too_many_tasks",
    field: "steps",
    limit: LIMITS.maxTasks,
    value: LIMITS.maxTasks + 1,
  },
  {
    what: "more than one task of a single step",
    spec: one({ maxTasks: 2 }),
    code: "spec_max_tasks",
    field: "steps[0].maxTasks",
    limit: 1,
    value: 2,
  },
  {
    what: "a reward of zero",
    spec: one({ reward: 0 }),
    code: "spec_invalid",
    field: "steps[0].reward",
    limit: 1,
    value: 0,
  },
  {
    what: "a reward that is no whole number",
    spec: one({ reward: 1.5 }),
    code: "spec_invalid",
    field: "steps[0].reward",
    value: 1.5,
  },
  {
    what: "a bond of zero",
    spec: one({ bond: 0 }),
    code: "spec_invalid",
    field: "steps[0].bond",
    limit: 1,
    value: 0,
  },
  {
    what: "a window that is too long",
    spec: one({ windowSeconds: LIMITS.maxWindow + 1 }),
    code: "spec_invalid",
    field: "steps[0].windowSeconds",
    limit: LIMITS.maxWindow,
    value: LIMITS.maxWindow + 1,
  },
  {
    what: "a program that is no digest",
    spec: one({ program: "abc" }),
    code: "spec_invalid",
    field: "steps[0].program",
    value: "abc",
  },
  {
    what: "a step's name twice",
    spec: spec([step("a"), step("a")]),
    code: "spec_duplicate_step",
    field: "steps[1].id",
    value: "a",
  },
  {
    what: "a step's name with a space",
    spec: spec([step("a b")]),
    code: "spec_invalid",
    field: "steps[0].id",
    value: "a b",
  },
  {
    what: "an unknown step",
    spec: one({ inputs: from("nobody") }),
    code: "spec_unknown_step",
    field: "steps[0].inputs.data",
    value: "nobody",
  },
  {
    what: "an unknown output",
    spec: spec([step("a"), step("b", { inputs: { data: { step: "a", output: "x" } } })]),
    code: "spec_unknown_output",
    field: "steps[1].inputs.data",
    value: "x",
  },
  {
    what: "an unknown workflow input",
    spec: one({ inputs: { data: { input: "x" } } }),
    code: "spec_unknown_input",
    field: "steps[0].inputs.data",
    value: "x",
  },
  {
    what: "a step that needs itself",
    spec: one({ inputs: from("a") }),
    code: "spec_cycle",
    field: "steps",
    value: "a -> a",
  },
  {
    what: "a longer cycle",
    spec: spec([
      step("a", { inputs: from("c") }),
      step("b", { inputs: from("a") }),
      step("c", { inputs: from("b") }),
    ]),
    code: "spec_cycle",
    field: "steps",
    value: "a -> c -> b -> a",
  },
  {
    what: "a list given to a single input",
    spec: one({ inputs: { data: { input: "items" } } }),
    code: "spec_list",
    field: "steps[0].inputs.data",
  },
  {
    what: "a file that is fanned out",
    spec: one({ fanOut: { kind: "map", over: ["data"] } }),
    code: "spec_not_a_list",
    field: "steps[0].inputs.data",
  },
  {
    what: "a fan-out over no input of the step",
    spec: one({ fanOut: { kind: "map", over: ["x"] } }),
    code: "spec_unknown_input",
    field: "steps[0].fanOut.over[0]",
    value: "x",
  },
  {
    what: "a list of lists",
    spec: spec([
      step("a", { ...OVER_ITEMS, maxTasks: 2, outputs: { result: "collection" } }),
      step("b", { inputs: from("a") }),
    ]),
    code: "spec_nested_list",
    field: "steps[1].inputs.data",
  },
  {
    what: "a tree over a file",
    spec: one(tree({ source: { input: "data" } })),
    code: "spec_not_a_list",
    field: "steps[0].fanOut.source",
  },
  {
    what: "a tree whose item is no output",
    spec: one(tree({ item: "x" })),
    code: "spec_unknown_output",
    field: "steps[0].fanOut.item",
    value: "x",
  },
  {
    what: "a tree's slot that is an input too",
    spec: one({ ...tree(), inputs: { l: { input: "data" } } }),
    code: "spec_duplicate_input",
    field: "steps[0].fanOut.slots[0]",
    value: "l",
  },
  {
    what: "a tree of one slot",
    spec: one(tree({ slots: ["l"] })),
    code: "spec_invalid",
    field: "steps[0].fanOut.slots",
    limit: 2,
  },
  {
    what: "no output",
    spec: one({ outputs: {} }),
    code: "spec_outputs",
    field: "steps[0].outputs",
    limit: LIMITS.maxPorts,
    value: 0,
  },
  {
    what: "too many inputs",
    spec: one({
      inputs: Object.fromEntries(
        Array.from({ length: LIMITS.maxPorts + 1 }, (_, i) => [`i${i}`, { input: "data" }]),
      ),
    }),
    code: "spec_too_many_inputs",
    field: "steps[0].inputs",
    limit: LIMITS.maxPorts,
    value: LIMITS.maxPorts + 1,
  },
  {
    what: "an input named like a property of every object",
    spec: one({ inputs: { data: { input: "constructor" } } }),
    code: "spec_unknown_input",
    field: "steps[0].inputs.data",
    value: "constructor",
  },
  {
    what: "a tree's slot twice",
    spec: one(tree({ slots: ["l", "l"] })),
    code: "spec_duplicate_input",
    field: "steps[0].fanOut.slots[1]",
    value: "l",
  },
  {
    what: "an output with an input's name",
    spec: one({ outputs: { data: "file" } }),
    code: "spec_name_taken",
    field: "steps[0].outputs.data",
    value: "data",
  },
  {
    what: "a statement that is no input",
    spec: one({ statement: "x" }),
    code: "spec_unknown_input",
    field: "steps[0].statement",
    value: "x",
  },
  {
    what: "a verifier without a statement",
    spec: one({ rule: VERIFIER }),
    code: "spec_statement",
    field: "steps[0].statement",
  },
  {
    what: "a verifier that is no address",
    spec: one({ rule: { ...VERIFIER, address: "0x1" }, statement: "data" }),
    code: "spec_invalid",
    field: "steps[0].rule.address",
    value: "0x1",
  },
  {
    what: "a final step that no verifier judges",
    spec: one({ final: true }),
    code: "spec_final",
    field: "steps[0].final",
  },
  {
    what: "two final steps",
    spec: spec(
      ["a", "b"].map((id) => step(id, { final: true, rule: VERIFIER, statement: "data" })),
    ),
    code: "spec_final",
    field: "steps",
    limit: 1,
    value: 2,
  },
  {
    what: "a jury that has less time to vote than the contract wants",
    spec: one({ jury: { check: sha256("check"), fee: 0 }, windowSeconds: 599 }),
    code: "spec_jury_window",
    field: "steps[0].windowSeconds",
    limit: 600,
    value: 599,
  },
  {
    what: "five jurors' fees above four tenths of the bond",
    spec: one({ jury: { check: sha256("check"), fee: 161 }, windowSeconds: 600 }),
    code: "spec_jury_fee",
    field: "steps[0].jury.fee",
    limit: 160,
    value: 161,
  },
  {
    what: "more than an escrow can hold",
    spec: one({ ...OVER_ITEMS, maxTasks: 2049, reward: LIMITS.maxAmount }),
    code: "spec_escrow_too_large",
    field: "steps",
    limit: (2n ** 64n - 1n).toString(),
    value: (2049n * BigInt(LIMITS.maxAmount)).toString(),
  },
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
    what: "an output of no step",
    spec: spec([step("a")], { outputs: { out: { step: "b", output: "result" } } }),
    code: "spec_unknown_step",
    field: "outputs.out",
    value: "b",
  },
  {
    what: "more canonical JSON than fits",
    spec: spec([step("a")], {
      inputs: Object.fromEntries([
        ["data", { kind: "file" as const, digest: sha256("data") }],
        ...["l1", "l2"].map((name) => [
          name,
          { kind: "collection" as const, items: Array<string>(40_000).fill(sha256("x")) },
        ]),
      ]),
    }),
    code: "spec_too_large",
    field: "(root)",
    limit: LIMITS.maxSpecBytes,
  },
];

describe("parseSpec", () => {
  for (const mistake of MISTAKES)
    it(`refuses ${mistake.what}, naming the field, the limit and the value`, () => {
      let error: unknown;
      try {
        parseSpec(mistake.spec);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).to.be.instanceOf(FrobenError);
      const { code, field, limit, value, status } = error as FrobenError;
      expect({ code, field, status }).to.deep.equal({
        code: mistake.code,
        field: mistake.field,
        status: 422,
      });
      if (mistake.limit !== undefined) expect(limit).to.equal(mistake.limit);
      if (mistake.value !== undefined) expect(value).to.equal(mistake.value);
    });

  it("fills defaults in, so that leaving them out does not change the digest", () => {
    const bare = parseSpec(one({}));
    const full = parseSpec(
      one({ params: {}, final: false, resources: { cores: 1, memoryMb: 100, gpus: 0, vramMb: 0 } }),
    );
    expect(specDigest(bare)).to.equal(specDigest(full));
  });

  it("has one digest for a step that fails its workflow, whether it says so or not", () => {
    const silent = parseSpec(one({}));
    expect(specDigest(parseSpec(one({ onFailure: "fail" })))).to.equal(specDigest(silent));
    expect(specDigest(parseSpec(one({ onFailure: "continue" })))).to.not.equal(specDigest(silent));
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

  it("takes a graph in which two steps share a dependency", () => {
    const diamond = spec([
      step("top"),
      step("left", { inputs: from("top") }),
      step("right", { inputs: from("top") }),
      step("end", {
        inputs: { l: { step: "left", output: "result" }, r: { step: "right", output: "result" } },
      }),
    ]);
    expect(parseSpec(diamond).steps).to.have.length(4);
  });
});
