import type { TaskState } from "../replay/ledger";
import type { Scene } from "../evidence/scene";
import type { ServedWorkflow } from "./served-workflow";

/** States of tasks whose result may be paid, or was. */
const STANDING: readonly TaskState[] = ["committed", "disputed", "settled"];

/**
 * Holds what the coordinator left out against what the spec leaves out, given the tasks that it says have failed; for these its word is
 * all there is, unless the chain shows a result.
 */
export function checkLeftOut(scene: Scene, { workflow, tasks, leftOut }: ServedWorkflow): void {
  const check = scene.recorder.check("What was left out is what the spec leaves out");
  // What had begun with a result that was made again later, or never, goes on with it.
  const redone = [...workflow.tasks.values()].some((task) => task.endedAttempt > 0);
  for (const { task, state } of tasks.values()) {
    const where = `workflow ${workflow.workflow} task ${task}`;
    const ended = state === "failed" || state === "left_out";
    if (state === "left_out" || leftOut.has(task)) {
      if (redone) check.skip("results that it would have rested on were made again");
      else if (ended || state === "done")
        check.expect(
          leftOut.has(task) === (state === "left_out"),
          "left_out_differs",
          where,
          () => `the spec ${leftOut.has(task) ? "leaves it out" : "wants it run"}, it is ${state}`,
        );
    }
    const standing = workflow.tasks.get(task)?.state;
    if (ended && standing && STANDING.includes(standing))
      check.find("warning", "left_out_result", where, `it is ${state}, and its result ${standing}`);
  }
}
