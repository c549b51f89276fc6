import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { parseSpec } from "../../../protocol/validate-spec";
import {
  accepted,
  defineProgram,
  defineWorkflow,
  each,
  file,
  FrobenError,
  list,
  type FileRef,
  type SubWorkflow,
  type WorkflowBuilder,
} from "../../../sdk";

const bytes = (text: string) => Buffer.from(text);
const rule = accepted(sha256("check"));

const split = defineProgram(sha256("split"), {
  inputs: { batch: file("batch"), options: file("options") },
  outputs: { parts: list("part"), statement: file("statement") },
});
const prove = defineProgram(sha256("prove"), {
  inputs: { part: file("part") },
  outputs: { proof: file("proof") },
});
const merge = defineProgram(sha256("merge"), {
  inputs: { left: file("proof"), right: file("proof") },
  outputs: { proof: file("proof") },
});

/** Splits a batch and proves its parts. */
function provenParts(w: WorkflowBuilder, { batch }: { batch: FileRef<"batch"> }) {
  const options = w.file("options", "options", bytes("options"));
  const { parts, statement } = w.single("split", {
    program: split,
    inputs: { batch, options },
    rule,
  });
  const { proof } = w.map("prove", {
    program: prove,
    inputs: { part: each(parts) },
    maxTasks: 4,
    rule,
  });
  return { proofs: proof, statement };
}

/** A group that uses another one. */
const provenBatch: SubWorkflow<{ batch: FileRef<"batch"> }, { proof: FileRef<"proof"> }> = (
  w,
  { batch },
) => {
  const { proofs } = w.use("parts", provenParts, { batch });
  const top = w.tree("merge", {
    program: merge,
    source: proofs,
    slots: ["left", "right"],
    item: "proof",
    until: 1,
    rule,
  });
  return { proof: top.at(0) };
};

const twoBatches = () =>
  defineWorkflow("two", {}, (w) => {
    const [left, right] = ["left", "right"].map(
      (name) =>
        w.use(name, provenBatch, { batch: w.file(name, "batch", bytes(`${name} batch`)) }).proof,
    );
    return {
      proof: w.single("join", { program: merge, inputs: { left: left!, right: right! }, rule })
        .proof,
    };
  });

describe("groups of steps", () => {
  it("are used twice in a workflow under names of their own, and in one another", () => {
    const { spec } = twoBatches();
    expect(spec.steps.map(({ id }) => id)).to.deep.equal([
      "left-parts-split",
      "left-parts-prove",
      "left-merge",
      "right-parts-split",
      "right-parts-prove",
      "right-merge",
      "join",
    ]);
    expect(Object.keys(spec.inputs)).to.have.members([
      "left",
      "left-parts-options",
      "right",
      "right-parts-options",
    ]);
    expect(parseSpec(JSON.parse(JSON.stringify(spec)))).to.deep.equal(spec);
  });

  it("are wired to what they are given, and by what they put out", () => {
    const steps = new Map(twoBatches().spec.steps.map((step) => [step.id, step]));
    expect(steps.get("right-parts-split")!.inputs).to.deep.equal({
      batch: { input: "right" },
      options: { input: "right-parts-options" },
    });
    expect(steps.get("right-parts-prove")!.inputs.part).to.deep.equal({
      step: "right-parts-split",
      output: "parts",
    });
    expect(steps.get("join")!.inputs).to.deep.equal({
      left: { step: "left-merge", output: "proof", index: 0 },
      right: { step: "right-merge", output: "proof", index: 0 },
    });
  });

  for (const [what, code, act] of [
    [
      "a group's name twice",
      "spec_duplicate_input",
      (w: WorkflowBuilder, batch: FileRef<"batch">) => {
        w.use("a", provenParts, { batch });
        w.use("a", provenParts, { batch });
      },
    ],
    [
      "an input's name twice",
      "spec_duplicate_input",
      (w: WorkflowBuilder) => {
        w.file("batch", "batch", bytes("another"));
      },
    ],
    [
      "a step with the name that a group's step has",
      "spec_duplicate_step",
      (w: WorkflowBuilder, batch: FileRef<"batch">) => {
        w.use("a", provenParts, { batch });
        const inputs = { batch, options: w.file("options", "options", bytes("o")) };
        w.single("a-split", { program: split, inputs, rule });
      },
    ],
  ] as const)
    it(`refuse ${what}`, () => {
      const define = () =>
        defineWorkflow("twice", {}, (w) => {
          act(w, w.file("batch", "batch", bytes("b")));
          return {};
        });
      expect(define).to.throw(FrobenError).with.property("code", code);
    });

  it("do not compile when they are given, or give, what does not fit", () => {
    const wrong = () =>
      defineWorkflow("wrong", {}, (w) => {
        const batch = w.file("batch", "batch", bytes("b"));
        const other = w.file("other", "proof", bytes("p"));
        const group = w.use("parts", provenParts, { batch });
        // @ts-expect-error a proof is not a batch
        w.use("a", provenParts, { batch: other });
        // @ts-expect-error an input of the group is forgotten
        w.use("b", provenParts, {});
        // @ts-expect-error a list is not a file
        w.use("c", provenParts, { batch: group.proofs });
        // @ts-expect-error the group has no such input
        w.use("d", provenParts, { batch, more: batch });
        // @ts-expect-error the group puts out no such thing
        void group.proof;
        // @ts-expect-error what the group puts out is a statement, not a part
        w.single("e", { program: prove, inputs: { part: group.statement }, rule });
        return {};
      });
    expect(wrong).to.be.a("function");
  });
});
