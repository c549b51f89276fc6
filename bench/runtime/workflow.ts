import { sha256 } from "../../protocol/digest";
import type { Spec, SpecInput } from "../../protocol/spec";
import { parseSpec } from "../../protocol/validate-spec";
import { NOOP } from "../../operator/run/builtin";

/** The one input that all leaves go over, and what the coordinator's judge is named by. */
export const INPUT = Buffer.from("nothing to do\n");
export const JUDGE = sha256("the bench's judge: every result is valid");

const step = {
  program: NOOP.digest,
  resources: { cores: 1, memoryMb: 16 },
  reward: 1_000,
  bond: 1_000,
  claimSeconds: 600,
  windowSeconds: 2,
  maxRevealBytes: 0,
  rule: { kind: "accepted", validation: JUDGE },
  limits: { startSeconds: 300, runSeconds: 300, silenceSeconds: 120 },
  retry: { attempts: 3, backoffSeconds: 1 },
} satisfies Partial<SpecInput["steps"][number]>;

/**
 * A map, and a binary tree over what it puts out: every second task depends on two others.
 * @param wanted about how many tasks @returns the spec, and how many it has: an odd number, as trees over a map do
 */
export function noopWorkflow(wanted: number): { spec: Spec; tasks: number } {
  const leaves = Math.ceil(wanted / 2);
  const spec = parseSpec({
    version: 1,
    name: "noop",
    inputs: { items: { kind: "collection", items: Array(leaves).fill(sha256(INPUT)) as string[] } },
    steps: [
      {
        ...step,
        id: "leaf",
        fanOut: { kind: "map", over: ["item"] },
        inputs: { item: { input: "items" } },
        outputs: { made: "file" },
        maxTasks: leaves,
      },
      {
        ...step,
        id: "merge",
        fanOut: {
          kind: "tree",
          source: { step: "leaf", output: "made" },
          slots: ["left", "right"],
          item: "made",
          until: 1,
        },
        inputs: {},
        outputs: { made: "file" },
        maxTasks: leaves - 1,
      },
    ],
    outputs: { all: { step: "merge", output: "made", index: 0 } },
  });
  return { spec, tasks: 2 * leaves - 1 };
}
