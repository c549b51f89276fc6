import {
  assignmentRoot,
  inputsDigest,
  type InputRef,
  type InputSource,
  type Leaf,
} from "../../../protocol/assignment";
import { digestOf, toBytes32, ZERO_BYTES32, type Digest } from "../../../protocol/digest";
import { tasksOf } from "../../../protocol/ticket";
import { placeText } from "../chain/market-event";
import type { Scene } from "../evidence/scene";
import type { ServedWorkflow } from "./served-workflow";
import { mayHaveTakenBack } from "./taken";

const attemptOf = (task: number, attempt: number) => `${task}/${attempt}`;

/** Hashes every decision record. @returns the digests that hold, by task and attempt */
function checkDecisions(
  scene: Scene,
  { workflow, decisions }: ServedWorkflow,
): Map<string, Digest> {
  const check = scene.recorder.check(
    "Every decision record has the digest that it is served under",
  );
  const digests = new Map<string, Digest>();
  for (const { digest, tasks, record } of decisions) {
    const found = digestOf(record);
    check.expect(
      found === digest,
      "decision_digest_mismatch",
      `workflow ${workflow.workflow} decision ${digest}`,
      () => `the record has SHA-256 ${found}`,
    );
    for (const { task, attempt } of tasks) digests.set(attemptOf(task, attempt), found);
  }
  return digests;
}

/** @returns the attempt of this workflow that made what a task put out; none, if the task took it from another workflow */
function sourceOf(
  { workflow, tasks }: ServedWorkflow,
  task: number | undefined,
): InputSource | undefined | "unknown" {
  if (task === undefined) return undefined;
  const view = tasks.get(task);
  if (!view) return "unknown";
  if (!view.reused) return { task, attempt: view.attempt };
  const { reused } = view;
  return reused.workflow === workflow.workflow
    ? { task: reused.task, attempt: reused.attempt }
    : undefined;
}

/** @returns the leaf that the assignment must have had, or why it can't be told */
function leafOf(
  served: ServedWorkflow,
  task: number,
  attempt: number,
  decision: Digest | undefined,
): Leaf | string {
  const unfolded = served.unfolded.get(task);
  if (!unfolded) return "the task does not follow from the results that are served";
  const inputs: Record<string, InputRef> = {};
  for (const [name, digest] of Object.entries(unfolded.inputs)) {
    if (!digest) return "an input's result is not served";
    const source = sourceOf(served, unfolded.sources[name]);
    if (source === "unknown") return "an input's attempt is not served";
    inputs[name] = { digest, source };
  }
  if (!decision) return "the decision record is not served";
  const step = served.spec.steps[unfolded.step]!;
  return {
    task,
    attempt,
    inputsDigest: inputsDigest(step.program, step.params, inputs),
    statementDigest:
      step.statement === undefined ? ZERO_BYTES32 : toBytes32(inputs[step.statement]!.digest),
    decisionDigest: toBytes32(decision),
  };
}

/** Makes every assignment's leaves again from spec, results and decisions, and holds their root against the claimed one. */
export function checkLeaves(scene: Scene, served: ServedWorkflow): void {
  const check = scene.recorder.check(
    "Every assignment's root follows from spec, results and decisions",
  );
  const decisions = checkDecisions(scene, served);
  const { workflow } = served;
  const redone =
    [...workflow.tasks.values()].some((task) => task.endedAttempt > 0) ||
    mayHaveTakenBack(served.spec, scene.ledger);
  for (const event of scene.eventsOf.get(workflow.workflow) ?? []) {
    if (event.name !== "Claimed") continue;
    const { assignment } = event.args;
    if (!assignment) continue; // its leaves were fixed at opening
    const { word, mask, attempt, root } = assignment;
    const leaves = tasksOf(word, mask).map((task) =>
      leafOf(served, task, attempt, decisions.get(attemptOf(task, attempt))),
    );
    const why = leaves.find((leaf) => typeof leaf === "string");
    if (typeof why === "string") {
      check.skip(why);
      continue;
    }
    const made = assignmentRoot(leaves as Leaf[]);
    const fixedInputs = Object.values(served.spec.steps[assignment.step]!.inputs).every(
      (ref) => "input" in ref,
    );
    if (made !== root && redone && !fixedInputs) {
      check.skip("its inputs may be results that were made again later");
      continue;
    }
    check.expect(
      made === root,
      "assignment_root_differs",
      placeText(event),
      () => `the leaves have root ${made}, the coordinator signed ${root}`,
    );
  }
}
