import type { Spec, Step } from "./spec";
import { invalid } from "./spec-error";
import { exactInputs, stepsOf } from "./spec-graph";

/** Steps that the final step needs exactly, itself or through others. */
function neededByFinal(spec: Spec): Set<string> {
  const needed = new Set<string>();
  const visit = (step: Step): void => {
    for (const id of exactInputs(step).flatMap(([, ref]) => stepsOf(ref))) {
      if (needed.has(id)) continue;
      needed.add(id);
      visit(spec.steps.find((other) => other.id === id)!);
    }
  };
  for (const step of spec.steps) if (step.final) visit(step);
  return needed;
}

/**
 * Refuses policies under which a workflow could never complete, or not be unfolded.
 * @throws FrobenError `spec_on_failure`, `spec_memo`
 */
export function checkPolicies(spec: Spec): void {
  const needed = neededByFinal(spec);
  for (const [i, step] of spec.steps.entries()) {
    const { id, onFailure, outputs } = step;
    if (step.final && step.memo)
      throw invalid(
        "spec_memo",
        `steps[${i}].memo`,
        "a final step's proof is made for each workflow",
        {
          value: true,
        },
      );
    if (onFailure === undefined) continue;
    const refuse = (message: string) =>
      invalid("spec_on_failure", `steps[${i}].onFailure`, message, { value: onFailure });
    if (step.final) throw refuse("without its final step a workflow can't complete");
    if (Object.values(outputs).includes("collection"))
      throw refuse("without a list that it puts out, the steps over it can't be unfolded");
    if (onFailure === "ignore" && needed.has(id)) throw refuse("the final step needs it");
  }
}
