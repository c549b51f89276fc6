import { sha256 } from "../../../../protocol/digest";
import type { OnFailure, Spec, SpecInput } from "../../../../protocol/spec";
import { parseSpec } from "../../../../protocol/validate-spec";

export const PROGRAM = { split: sha256("split"), prove: sha256("prove"), merge: sha256("merge") };
export const CHECK = sha256("check");
export const ADAPTER = `0x${"bb".repeat(20)}`;

type StepInput = SpecInput["steps"][number];

/** A step with everything that a test does not care about. */
export function step(changes: Partial<StepInput> & Pick<StepInput, "id" | "program">): StepInput {
  return {
    fanOut: { kind: "single" },
    inputs: {},
    outputs: { proof: "file" },
    resources: { cores: 1, memoryMb: 1_000 },
    maxTasks: 1,
    reward: 1_000,
    bond: 10,
    claimSeconds: 120,
    windowSeconds: 20,
    maxRevealBytes: 1_024,
    rule: { kind: "accepted", validation: CHECK },
    limits: { startSeconds: 10, runSeconds: 60, silenceSeconds: 10 },
    retry: { attempts: 3, backoffSeconds: 1 },
    ...changes,
  };
}

/** Two proofs at a time, until one is left. */
const PROOF_TREE = {
  kind: "tree",
  source: { step: "prove", output: "proof" },
  slots: ["left", "right"],
  item: "proof",
  until: 1,
} satisfies StepInput["fanOut"];

/** split -> prove over what it put out -> merge in a tree -> nothing final. */
export function pipeline(): Spec {
  return parseSpec({
    version: 1,
    name: "pipeline",
    inputs: { batch: { kind: "file", digest: sha256("batch") } },
    steps: [
      step({
        id: "split",
        program: PROGRAM.split,
        inputs: { batch: { input: "batch" } },
        outputs: { leaves: "collection", statement: "file" },
      }),
      step({
        id: "prove",
        program: PROGRAM.prove,
        fanOut: { kind: "map", over: ["leaf"] },
        inputs: { leaf: { step: "split", output: "leaves" } },
        maxTasks: 8,
      }),
      step({
        id: "merge",
        program: PROGRAM.merge,
        fanOut: PROOF_TREE,
        maxTasks: 8,
      }),
    ],
    outputs: { proof: { step: "merge", output: "proof", index: 0 } },
  });
}

/** The input of `proveMergeWrap`: four items. */
export const FOUR_ITEMS = {
  items: { kind: "collection" as const, items: ["a", "b", "c", "d"].map((item) => sha256(item)) },
};

/** prove (map over four items) -> merge (a tree) -> wrap. Tasks: 0 to 3, 4 to 6, 7. @param onFailure of prove */
export function proveMergeWrap(retry: StepInput["retry"], onFailure: OnFailure): StepInput[] {
  return [
    step({
      id: "prove",
      program: PROGRAM.prove,
      fanOut: { kind: "map", over: ["item"] },
      inputs: { item: { input: "items" } },
      maxTasks: 4,
      retry,
      onFailure,
    }),
    step({
      id: "merge",
      program: PROGRAM.merge,
      fanOut: PROOF_TREE,
      maxTasks: 3,
      retry,
    }),
    step({
      id: "wrap",
      program: PROGRAM.split,
      inputs: { top: { step: "merge", output: "proof", index: 0 } },
      retry,
    }),
  ];
}

/** A spec with results that may be taken again, of every step. */
export const memoised = (spec: Spec): Spec =>
  parseSpec({ ...spec, steps: spec.steps.map((one) => ({ ...one, memo: true })) });

/** Independent tasks of one step, one for each item. */
export function proofs(count: number, changes: Partial<StepInput> = {}): Spec {
  const items = Array.from({ length: count }, (_, i) => sha256(`request ${i}`));
  return parseSpec({
    version: 1,
    name: "proofs",
    inputs: { requests: { kind: "collection", items } },
    steps: [
      step({
        id: "prove",
        program: PROGRAM.prove,
        fanOut: { kind: "map", over: ["request"] },
        inputs: { request: { input: "requests" } },
        maxTasks: count,
        ...changes,
      }),
    ],
    outputs: { proofs: { step: "prove", output: "proof" } },
  });
}
