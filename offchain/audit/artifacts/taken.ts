import { commitmentHash } from "../../../protocol/commitment";
import { toBytes32 } from "../../../protocol/digest";
import type { Spec, Step } from "../../../protocol/spec";
import { attemptKey, type Ledger, type TaskState } from "../replay/ledger";
import type { Scene } from "../evidence/scene";
import type { ServedTask } from "./coordinator-source";
import { stepOf, type ServedWorkflow } from "./served-workflow";

/** States of claims that pay, or may. */
const PAYS: readonly TaskState[] = ["committed", "disputed", "settled"];

/** A result that a task took from another workflow, whose validity is still to be judged. */
export interface Taken {
  task: number;
  step: Step;
  result: string;
  where: string;
}

/** Whether tasks may have taken results that fell later, and then were run after all: what had begun with them went on. */
export function mayHaveTakenBack(spec: Spec, ledger: Ledger): boolean {
  if (!spec.reuse && !spec.steps.some((step) => step.memo)) return false;
  return [...ledger.committed.values()].some(
    ({ outcome }) => outcome === "struck" || outcome === "void",
  );
}

/** Whether the spec lets a step's tasks take results, as the requesters of both workflows wish. */
function mayTake(ledger: Ledger, { workflow, spec }: ServedWorkflow, step: Step): boolean {
  if (step.final) return false;
  const former = spec.reuse && ledger.workflows.get(spec.reuse.workflow);
  return step.memo === true || former?.requester === workflow.requester;
}

/**
 * Holds results that were not made for a workflow against its spec, and against the commitments of those that they are from.
 * @returns those results
 */
export function checkTaken(scene: Scene, served: ServedWorkflow): Taken[] {
  const { workflow, spec, tasks } = served;
  return [...tasks.values()].flatMap((view) => {
    const step = spec.steps[stepOf(workflow, view.task)];
    if (!view.reused || !view.result || !step) return [];
    const where = `workflow ${workflow.workflow} task ${view.task}`;
    checkOne(scene, served, view, step, where);
    return [{ task: view.task, step, result: view.result, where }];
  });
}

function checkOne(
  scene: Scene,
  served: ServedWorkflow,
  { task, result, reused }: ServedTask,
  step: Step,
  where: string,
): void {
  const check = scene.recorder.check("Every result that was taken again may be, and was committed");
  const { ledger, chainId, market } = scene;
  const key = attemptKey(reused!.workflow, reused!.task, reused!.attempt);
  check.expect(
    mayTake(ledger, served, step),
    "result_taken",
    where,
    `its spec does not let it take the result of attempt ${key}`,
  );
  const committed = ledger.committed.get(key);
  const resultDigest = toBytes32(result!);
  if (committed)
    check.expect(
      commitmentHash({ ...committed, chainId, market, resultDigest }) === committed.commitment,
      "taken_result_differs",
      where,
      `attempt ${key} committed to another result`,
    );
  else check.skip("who made a result that was taken again did not commit to it");
  const { outcome } = committed ?? {};
  if (outcome === "struck" || outcome === "void")
    check.find("warning", "taken_result_fell", where, `the result of attempt ${key} is ${outcome}`);
  const own = served.workflow.tasks.get(task)?.state;
  if (own && PAYS.includes(own))
    check.find("warning", "taken_result_paid", where, `it took a result, and its claim is ${own}`);
}
