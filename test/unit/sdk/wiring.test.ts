import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import {
  accepted,
  defineProgram,
  defineWorkflow,
  each,
  either,
  file,
  is,
  list,
  type WorkflowBuilder,
} from "../../../sdk";

const rule = accepted(sha256("check"));
const bytes = Buffer.from("bytes");

const plan = defineProgram(sha256("plan"), {
  inputs: { request: file("request") },
  outputs: { parts: list("part"), hints: list("hint"), mode: file("mode") },
});
const prove = defineProgram(sha256("prove"), {
  inputs: { part: file("part"), hint: file("hint"), mode: file("mode") },
  outputs: { proof: file("proof"), log: file("log") },
});
const merge = defineProgram(sha256("merge"), {
  inputs: { left: file("proof"), right: file("proof"), mode: file("mode") },
  outputs: { proof: file("proof") },
});

const planned = (w: WorkflowBuilder) => ({
  program: plan,
  inputs: { request: w.file("request", "request", bytes) },
  rule,
});

// Nothing below is run: that the first test's workflow compiles, and that each marked line of the second does not, is what `npm run types` proves.
describe("what fits together in a workflow", () => {
  it("compiles when contents and kinds are the same", () => {
    const { spec } = defineWorkflow("right", {}, (w) => {
      const request = w.file("request", "request", bytes);
      const { parts, hints, mode } = w.single("plan", { program: plan, inputs: { request }, rule });
      const inputs = { part: each(parts), hint: each(hints), mode };
      const { proof, log } = w.map("prove", { program: prove, inputs, maxTasks: 4, rule });
      const top = w.tree("merge", {
        program: merge,
        source: proof,
        slots: ["left", "right"],
        item: "proof",
        until: 1,
        inputs: { mode },
        rule,
      });
      const extra = { when: is(mode, "extra"), rule };
      const one = { part: parts.at(0), hint: hints.at(0), mode };
      const more = w.single("extra", { program: prove, inputs: one, ...extra });
      return { top: top.at(0), log, more: either(more.proof, top.at(0)) };
    });
    expect(spec.steps).to.have.length(4);
  });

  it("does not compile when a file is given for a list, a list for a file, or a part of another step is forgotten", () => {
    const wrong = () =>
      defineWorkflow("wrong", {}, (w) => {
        const request = w.file("request", "request", bytes);
        const { parts, hints, mode } = w.single("p", { program: plan, inputs: { request }, rule });
        const proofs = w.map("prove", {
          program: prove,
          inputs: { part: each(parts), hint: each(hints), mode },
          maxTasks: 4,
          rule,
        });
        // @ts-expect-error a file where a list is gone over
        w.map("a", { program: prove, inputs: { part: each(mode), hint: each(hints), mode }, rule });
        // @ts-expect-error a list for a single task's file
        w.single("b", { program: prove, inputs: { part: parts, hint: hints.at(0), mode }, rule });
        // @ts-expect-error the hint is forgotten
        w.map("c", { program: prove, inputs: { part: each(parts), mode }, rule });
        const mixed = { part: each(hints), hint: each(parts), mode };
        // @ts-expect-error parts and hints are mixed up
        w.map("d", { program: prove, inputs: mixed, rule });
        // @ts-expect-error an input that the program does not have
        w.single("e", { program: plan, inputs: { request, mode }, rule });
        // @ts-expect-error a step has no such output
        void proofs.proofs;
        // @ts-expect-error a file that is one has no items
        void mode.at(0);
        w.tree("f", {
          program: merge,
          // @ts-expect-error logs are not what the tree merges
          source: proofs.log,
          slots: ["left", "right"],
          item: "proof",
          until: 1,
          inputs: { mode },
          rule,
        });
        w.tree("g", {
          program: merge,
          source: proofs.proof,
          // @ts-expect-error the program has no such input
          slots: ["left", "middle"],
          item: "proof",
          until: 1,
          inputs: { mode },
          rule,
        });
        w.tree("h", {
          program: merge,
          source: proofs.proof,
          slots: ["left", "right"],
          // @ts-expect-error the program has no such output
          item: "prooof",
          until: 1,
          inputs: { mode },
          rule,
        });
        // @ts-expect-error a proof can't stand for a log
        either(proofs.log.at(0), proofs.proof.at(0));
        // @ts-expect-error a list can't stand for a file
        either(proofs.log.at(0), proofs.log);
        // @ts-expect-error a condition looks at one file
        is(parts, "yes");
        return {};
      });
    // @ts-expect-error a workflow's output is a file or a list, not a step
    const step = () => defineWorkflow("step", {}, (w) => ({ plan: w.single("p", planned(w)) }));
    expect(step).to.be.a("function");
    expect(wrong).to.be.a("function");
  });
});
