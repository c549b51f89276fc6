import type { Step } from "../../protocol/spec";
import type { LaneTerms } from "../runtime/ready-queue";

/** @param money units: most that a task is paid, and its bond @returns a step as the scheduler knows it */
export function laneTermsOf(
  workflow: number,
  step: Step,
  stepIndex: number,
  money: Pick<LaneTerms, "ceiling" | "bond">,
): LaneTerms {
  const { id, program, resources, claimSeconds, limits } = step;
  const { ceiling, bond } = money;
  const { runSeconds } = limits;
  return {
    workflow,
    step: id,
    stepIndex,
    program,
    resources,
    ceiling,
    bond,
    claimSeconds,
    runSeconds,
  };
}
