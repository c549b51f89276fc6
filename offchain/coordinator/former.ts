import { readOutputs, type TaskOutputs } from "../workflow/result";
import { workDigest } from "../workflow/work";
import { canonicalJson } from "../../protocol/digest";
import type { Spec, Step } from "../../protocol/spec";
import { stepTermsOf, type StepTerms } from "../../protocol/terms";
import { committedResult } from "./adopt";
import type { ChainTask } from "./facade";
import type { RunWork, TaskRun } from "./model";
import { nameTaken } from "./names";
import type { Reusable } from "./reuse";
import { readSpec } from "./runs";
import { judge } from "./validate";
import type { World } from "./world";

// What a workflow had finished before the database was lost, its chain rows and the artifacts still tell: which result each task has
// committed to. Nobody remembers that it was valid, so it is validated again; nor on which inputs, so it is looked for only if nothing
// that goes into the task was made anew.

/** Most re-runs of re-runs that are followed back. */
const MAX_FORMERS = 64;
/** Pay states of commitments that nothing is known against. */
const GOOD: readonly ChainTask["pay"][] = ["committed", "settled"];

/** A former run, and where the tasks are of those of its steps that are still the same. */
interface Former {
  workflow: number;
  steps: Map<string, StepTerms>;
}

const formers = new WeakMap<RunWork, Promise<Former[]>>();

/** The workflow that is run again, the one that this had run again, and so on. */
async function formersOf(world: World, { spec: now }: RunWork): Promise<Former[]> {
  const found: Former[] = [];
  for (let { reuse } = now; reuse && found.length < MAX_FORMERS;) {
    const chain = world.deps.chain.workflow(reuse.workflow);
    const spec = chain && (await readSpec(world, chain).catch(() => undefined));
    if (!spec) break;
    found.push({ workflow: reuse.workflow, steps: unchanged(spec, now) });
    reuse = spec.reuse;
  }
  return found;
}

/** @returns steps that do the same work as now, and get the same from the requester and from the same steps */
function unchanged(spec: Spec, now: Spec): Former["steps"] {
  const same = (a: unknown, b: unknown) => canonicalJson(a) === canonicalJson(b);
  const wiring = ({ inputs, fanOut }: Step) => ({ inputs, fanOut });
  if (!same(spec.inputs, now.inputs)) return new Map();
  const terms = stepTermsOf(spec);
  const steps = spec.steps.flatMap((step, i) => {
    const its = now.steps.find(({ id }) => id === step.id);
    const kept =
      its && workDigest(step, {}) === workDigest(its, {}) && same(wiring(step), wiring(its));
    return kept ? [[step.id, terms[i]!] as const] : [];
  });
  return new Map(steps);
}

/** Whether nothing that another task makes goes into it, or only what was taken from a former run, too. */
function isMadeOfTaken({ run, inputs }: TaskRun): boolean {
  return Object.values(inputs).every((source) => {
    const maker = "task" in source ? source.task : source.of;
    return maker === undefined || run.work!.tasks.get(maker)!.reused !== null;
  });
}

/**
 * Looks for the result that was committed to at a task's place in a former run.
 * @returns what the task can take, found valid for its inputs
 * @throws FrobenError as `judge`
 */
export async function findFormer(
  world: World,
  task: TaskRun,
): Promise<{ found: Reusable; outputs: TaskOutputs } | undefined> {
  const { step, position } = task;
  if (!isMadeOfTaken(task)) return undefined;
  const work = task.run.work!;
  const inputs = task.inputRefs();
  const goOn = () => task.state === "ready" && !world.stopping.signal.aborted;
  let all = formers.get(work);
  if (!all) formers.set(work, (all = formersOf(world, work)));
  for (const { workflow, steps } of await all) {
    const terms = steps.get(step.id);
    if (!terms || position >= terms.maxTasks) continue;
    const index = terms.firstTask + position;
    const claim = world.deps.chain.task(workflow, index);
    if (!claim?.commitment || !GOOD.includes(claim.pay)) continue;
    const { attempt, operator, root, commitment } = claim;
    const origin = { workflow, task: index, attempt };
    const result = await committedResult(world, { ...origin, operator, root }, commitment, goOn);
    if (!result) continue;
    const outputs = await readOutputs(step.outputs, result, world.deps.store);
    nameTaken(world, task, result, outputs); // before it is judged, which takes its time
    if ((await judge(world, step, inputs, result, outputs)).valid)
      return { found: { ...origin, result, work: workDigest(step, inputs) }, outputs };
  }
  return undefined;
}
