import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import { parseSpec, specDigest } from "../../../protocol/validate-spec";
import {
  accepted,
  defineProgram,
  defineWorkflow,
  each,
  either,
  file,
  is,
  list,
  verifier,
  type Amount,
  type JuryOptions,
  type StepDefaults,
} from "../../../sdk";

const bytes = (text: string) => Buffer.from(text);
const ADAPTER = "0x00000000000000000000000000000000000000Aa";
const check = accepted(sha256("check"));

const split = defineProgram(sha256("split"), {
  inputs: { batch: file("batch") },
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
const finish = defineProgram(sha256("finish"), {
  inputs: { left: file("proof"), right: file("proof"), statement: file("statement") },
  outputs: { proof: file("final proof") },
});

function graph(options: StepDefaults & { unit?: bigint } = {}, maxTasks = 8) {
  return defineWorkflow("graph", options, (w) => {
    const first = w.single("split", {
      program: split,
      inputs: { batch: w.file("batch", "batch", bytes("the batch")) },
      rule: check,
    });
    const proofs = w.map("prove", {
      program: prove,
      inputs: { part: each(first.parts) },
      maxTasks,
      rule: check,
    });
    const top = w.tree("merge", {
      program: merge,
      source: proofs.proof,
      slots: ["left", "right"],
      item: "proof",
      until: 2,
      rule: check,
    });
    const last = w.single("final", {
      program: finish,
      inputs: { left: top.at(0), right: top.at(1), statement: first.statement },
      statement: "statement",
      rule: verifier(ADAPTER),
      final: true,
    });
    return { proof: last.proof };
  });
}

function errorOf(act: () => unknown): FrobenError {
  try {
    act();
  } catch (error) {
    return error as FrobenError;
  }
  throw new Error("nothing was thrown");
}

describe("defineWorkflow", () => {
  it("makes a spec that the protocol accepts as it is, with the digest that goes on-chain", () => {
    const { spec, digest } = graph();
    expect(parseSpec(JSON.parse(JSON.stringify(spec)))).to.deep.equal(spec);
    expect(digest).to.equal(specDigest(spec));
  });

  it("wires every step as it is written", () => {
    const [first, map, tree, last] = graph().spec.steps;
    expect(first!.inputs).to.deep.equal({ batch: { input: "batch" } });
    expect(first!.outputs).to.deep.equal({ parts: "collection", statement: "file" });
    expect(map!.fanOut).to.deep.equal({ kind: "map", over: ["part"] });
    expect(map!.inputs).to.deep.equal({ part: { step: "split", output: "parts" } });
    expect(tree!.fanOut).to.deep.equal({
      kind: "tree",
      source: { step: "prove", output: "proof" },
      slots: ["left", "right"],
      item: "proof",
      until: 2,
    });
    expect(last!.inputs.right).to.deep.equal({ step: "merge", output: "proof", index: 1 });
    expect(last!.final).to.equal(true);
  });

  it("keeps the bytes of static inputs by their digest", () => {
    const { spec, artifacts } = graph();
    const digest = sha256("the batch");
    expect(spec.inputs.batch).to.deep.equal({ kind: "file", digest });
    expect(artifacts.get(digest)!.toString()).to.equal("the batch");
  });

  it("counts a map's tasks from the list that the requester brings", () => {
    const { spec } = defineWorkflow("map", {}, (w) => {
      const parts = w.collection("parts", "part", ["a", "b", "c"].map(bytes));
      return {
        out: w.map("prove", { program: prove, inputs: { part: each(parts) }, rule: check }).proof,
      };
    });
    expect(spec.steps[0]!.maxTasks).to.equal(3);
  });

  it("counts a tree's tasks from the longest list that it may get", () => {
    expect(graph({}, 8).spec.steps[2]!.maxTasks).to.equal(6);
    expect(graph({}, 5).spec.steps[2]!.maxTasks).to.equal(3);
    expect(graph({}, 2).spec.steps[2]!.maxTasks).to.equal(1);
  });

  it("asks for maxTasks where the run decides a list's length", () => {
    const error = errorOf(() =>
      defineWorkflow("open", {}, (w) => {
        const first = w.single("split", {
          program: split,
          inputs: { batch: w.file("batch", "batch", bytes("b")) },
          rule: check,
        });
        return {
          out: w.map("prove", { program: prove, inputs: { part: each(first.parts) }, rule: check })
            .proof,
        };
      }),
    );
    expect(error.code).to.equal("spec_max_tasks");
    expect(error.field).to.equal("prove.maxTasks");
  });

  it("turns amounts into the market's units, and bonds twice the reward unless told otherwise", () => {
    const step = graph({ reward: "0.002 ether", unit: 10n ** 12n }).spec.steps[0]!;
    expect([step.reward, step.bond]).to.deep.equal([2000, 4000]);
    expect(graph({ reward: "5 gwei", bond: "1 gwei" }).spec.steps[0]!.bond).to.equal(1);
  });

  it("says which program jurors run, and what they earn in units", () => {
    const one = (jury?: JuryOptions) =>
      defineWorkflow("jury", {}, (w) => {
        const parts = w.collection("parts", "part", [bytes("a")]);
        const inputs = { part: each(parts) };
        return { out: w.map("prove", { program: prove, inputs, rule: check, jury }).proof };
      }).spec.steps[0]!.jury;
    expect(one()).to.equal(undefined);
    const digest = sha256("juror's check");
    expect(one({ check: digest, fee: "3 gwei" })).to.deep.equal({ check: digest, fee: 3 });
    expect(one({ check: { digest }, fee: 0n })).to.deep.equal({ check: digest, fee: 0 });
    const error = errorOf(() => one({ check: digest, fee: "1 wei" }));
    expect(error).to.include({ code: "amount_not_whole", field: "prove.jury.fee" });
  });

  it("offers less than the reward at first only if told so", () => {
    const priceBump = { fromBps: 5_000, byBps: 1_000 };
    expect(graph({ priceBump }).spec.steps[0]!.priceBump).to.deep.equal(priceBump);
    expect(graph().spec.steps[0]).to.not.have.property("priceBump");
  });

  it("has stragglers copied only if told so", () => {
    const standby = { afterFactor: 2.5 };
    expect(graph({ standby }).spec.steps[0]!.standby).to.deep.equal(standby);
    expect(graph().spec.steps[0]).to.not.have.property("standby");
  });

  it("lets results be taken again only if told so, for all steps but the final one", () => {
    const memos = ({ spec }: ReturnType<typeof graph>) => spec.steps.map(({ memo }) => memo);
    expect(memos(graph())).to.deep.equal([undefined, undefined, undefined, undefined]);
    expect(memos(graph({ memo: true }))).to.deep.equal([true, true, true, undefined]);
    const final = () =>
      defineWorkflow("final", {}, (w) => {
        const statement = w.file("statement", "statement", bytes("statement"));
        const proof = w.file("proof", "proof", bytes("proof"));
        const last = w.single("last", {
          program: finish,
          inputs: { left: proof, right: proof, statement },
          statement: "statement",
          rule: verifier(ADAPTER),
          final: true,
          memo: true,
        });
        return { proof: last.proof };
      });
    expect(final).to.throw(FrobenError).include({ code: "spec_memo", field: "steps[0].memo" });
  });

  it("says when a step runs, and what stands for it otherwise", () => {
    const { spec } = defineWorkflow("branches", {}, (w) => {
      const inputs = { batch: w.file("batch", "batch", bytes("b")) };
      const flag = w.single("flag", { program: split, inputs, rule: check });
      const none = w.file("none", "proof", bytes("none"));
      const more = { rule: check, when: is(flag.statement, "yes"), onFailure: "ignore" } as const;
      const part = w.file("part", "part", bytes("p"));
      const extra = w.single("extra", { program: prove, inputs: { part }, ...more });
      const left = either(extra.proof, none);
      const last = w.single("last", { program: merge, inputs: { left, right: none }, rule: check });
      return { proof: last.proof };
    });
    const [, extra, last] = spec.steps;
    const value = { step: "flag", output: "statement" };
    expect(extra!.when).to.deep.equal({ value, is: sha256("yes") });
    expect(extra!.onFailure).to.equal("ignore");
    expect(last!.inputs.left).to.deep.equal({
      step: "extra",
      output: "proof",
      otherwise: { input: "none" },
    });
  });

  for (const [amount, code] of [
    ["1 wei", "amount_not_whole"],
    ["0 ether", "amount_out_of_range"],
    ["100000000 ether", "amount_out_of_range"],
    ["a lot", "amount_invalid"],
    ["1.5 wei", "amount_invalid"],
  ] as const)
    it(`refuses a reward of "${amount}" and names the field`, () => {
      const error = errorOf(() => graph({ reward: amount as Amount }));
      expect(error.code).to.equal(code);
      if (code !== "amount_invalid") expect(error.field).to.equal("split.reward");
      expect(error.value).to.equal(amount);
    });

  it("does not compile when an output is wired to an input of another kind or content", () => {
    const wrong = () =>
      defineWorkflow("wrong", {}, (w) => {
        const batch = w.file("batch", "batch", bytes("b"));
        const first = w.single("split", { program: split, inputs: { batch }, rule: check });
        const proofs = w.map("prove", {
          program: prove,
          inputs: { part: each(first.parts) },
          maxTasks: 2,
          rule: check,
        });
        // @ts-expect-error a list is not a file
        w.single("a", { program: prove, inputs: { part: first.parts }, rule: check });
        // @ts-expect-error a statement is not a part
        w.single("b", { program: prove, inputs: { part: first.statement }, rule: check });
        // @ts-expect-error proofs are not parts
        w.map("c", { program: prove, inputs: { part: each(proofs.proof) }, rule: check });
        // @ts-expect-error a file can't be fanned out
        w.map("d", { program: prove, inputs: { part: each(batch) }, rule: check });
        // @ts-expect-error an input is missing
        w.single("e", { program: merge, inputs: { left: proofs.proof.at(0) }, rule: check });
        // @ts-expect-error there is no such output
        void first.nothing;
        // @ts-expect-error the statement must be one of the program's inputs
        w.single("f", { program: split, inputs: { batch }, rule: check, statement: "part" });
        // @ts-expect-error a program that makes a list can't be mapped: that would be a list of lists
        w.map("g", { program: split, inputs: { batch: each(first.parts) }, rule: check });
        w.tree("h", {
          program: merge,
          // @ts-expect-error parts are not what the tree merges
          source: first.parts,
          slots: ["left", "right"],
          item: "proof",
          until: 1,
          rule: check,
        });
        w.tree("i", {
          program: finish,
          // @ts-expect-error what goes up is a final proof, the list holds proofs
          source: proofs.proof,
          // @ts-expect-error a final proof does not fit into the slots again
          slots: ["left", "right"],
          item: "proof",
          until: 1,
          rule: check,
        });
        return {};
      });
    expect(wrong).to.be.a("function");
  });
});
