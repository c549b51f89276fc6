import { fromBytes32, type Digest } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import type { Spec } from "../../../protocol/spec";
import { stepsRoot, stepTermsOf } from "../../../protocol/terms";
import { parseSpec } from "../../../protocol/validate-spec";
import type { Recorder } from "../recorder";
import type { Workflow } from "../replay/ledger";
import type { ArtifactCache } from "./artifact-cache";
import type { CoordinatorSource, Decision, ServedTask } from "./coordinator-source";
import { readOutputs, type Outputs } from "./outputs";
import { unfold, type UnfoldedTask } from "./unfold";

/** A workflow as its spec and the served artifacts make it; everything in it was checked against a digest. */
export interface ServedWorkflow {
  workflow: Workflow;
  spec: Spec;
  /** By task index. */
  tasks: Map<number, ServedTask>;
  outputs: Map<number, Outputs>;
  unfolded: Map<number, UnfoldedTask>;
  /** Tasks that the spec's failure policies leave out. */
  leftOut: Set<number>;
  decisions: Decision[];
}

const SPEC_CHECK = "Every spec is the one that was paid for";

/** Reads a spec by its on-chain digest and holds its steps against the on-chain terms. */
async function loadSpec(
  workflow: Workflow,
  cache: ArtifactCache,
  recorder: Recorder,
): Promise<Spec | undefined> {
  const check = recorder.check(SPEC_CHECK);
  const where = `workflow ${workflow.workflow}`;
  const bytes = await cache.read(fromBytes32(workflow.specHash));
  if (!bytes) {
    check.skip("the spec's bytes can't be had");
    return undefined;
  }
  let spec: Spec;
  try {
    spec = parseSpec(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (error) {
    const why = error instanceof FrobenError ? error.message : "it is not JSON";
    check.find("warning", "spec_invalid", where, `nobody can run it: ${why}`);
    return undefined;
  }
  // What anybody may claim of a silent coordinator's workflow, the requester fixes beside the spec.
  const terms = stepTermsOf(spec).map((step, i) => {
    const openRoot = workflow.steps[i]?.judge.openRoot ?? step.judge.openRoot;
    return { ...step, judge: { ...step.judge, openRoot } };
  });
  const same = check.expect(
    stepsRoot(terms) === stepsRoot([...workflow.steps]),
    "spec_terms_differ",
    where,
    "the steps that the contract was given are not the spec's",
  );
  return same ? spec : undefined;
}

/** @returns the index of the step that a task is of */
export function stepOf(workflow: Workflow, task: number): number {
  return workflow.steps.findIndex(
    ({ firstTask, maxTasks }) => task >= firstTask && task < firstTask + maxTasks,
  );
}

async function loadOutputs(
  workflow: Workflow,
  spec: Spec,
  tasks: readonly ServedTask[],
  cache: ArtifactCache,
  recorder: Recorder,
): Promise<Map<number, Outputs>> {
  const check = recorder.check("Every result has the form that its step says");
  const outputs = new Map<number, Outputs>();
  for (const { task, result } of tasks) {
    const step = spec.steps[stepOf(workflow, task)];
    if (!result || !step) continue;
    const read = await readOutputs(step, result, cache);
    if (!read) check.skip("a manifest in the result can't be read");
    else {
      check.checked++;
      outputs.set(task, read);
    }
  }
  return outputs;
}

/** @returns every digest that a workflow's spec and results name */
function namedArtifacts(spec: Spec, outputs: Iterable<Outputs>): Set<Digest> {
  const named = new Set<Digest>();
  for (const input of Object.values(spec.inputs)) {
    if (input.kind === "file") named.add(input.digest);
    else input.items.forEach((digest) => named.add(digest));
  }
  for (const { files, items } of outputs) {
    Object.values(files).forEach((digest) => named.add(digest));
    Object.values(items).forEach((list) => list.forEach((digest) => named.add(digest)));
  }
  return named;
}

/**
 * Reads a workflow's spec, results and decisions from a coordinator and checks every artifact that they name.
 * @returns undefined when there is no spec to go by; the checks say why
 */
export async function loadServedWorkflow(
  workflow: Workflow,
  source: CoordinatorSource,
  cache: ArtifactCache,
  recorder: Recorder,
): Promise<ServedWorkflow | undefined> {
  const spec = await loadSpec(workflow, cache, recorder);
  const served = spec && (await source.tasks(workflow.workflow));
  if (!spec) return undefined;
  if (!served) {
    recorder.check(SPEC_CHECK).skip("the coordinator does not know the workflow's tasks");
    return undefined;
  }
  const outputs = await loadOutputs(workflow, spec, served, cache, recorder);
  for (const digest of namedArtifacts(spec, outputs.values())) await cache.get(digest);
  const tasks = new Map(served.map((task) => [task.task, task]));
  const unfolding = unfold(
    spec,
    (task) => outputs.get(task),
    (task) => tasks.get(task)?.state === "failed",
  );
  return {
    workflow,
    spec,
    tasks,
    outputs,
    unfolded: unfolding.tasks,
    leftOut: unfolding.leftOut,
    decisions: (await source.decisions(workflow.workflow)) ?? [],
  };
}
