import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { LIMITS } from "../../../protocol/limits";
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
} from "./support/spec-samples";

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
    what: "too many outputs of the workflow",
    spec: (() => {
      const spec = one({});
      const ref = { input: "data" };
      const names = Array.from({ length: LIMITS.maxOutputs + 1 }, (_, i) => [`o${i}`, ref]);
      return { ...spec, outputs: Object.fromEntries(names) as typeof spec.outputs };
    })(),
    code: "spec_too_many_outputs",
    field: "outputs",
    limit: LIMITS.maxOutputs,
    value: LIMITS.maxOutputs + 1,
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
  refusesEach(MISTAKES);

  it("fills defaults in, so that leaving them out does not change the digest", () => {
    const bare = parseSpec(one({}));
    const full = parseSpec(
      one({ params: {}, final: false, resources: { cores: 1, memoryMb: 100, gpus: 0, vramMb: 0 } }),
    );
    expect(specDigest(bare)).to.equal(specDigest(full));
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
