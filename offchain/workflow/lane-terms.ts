import type { Spec, Step } from "../../protocol/spec";
import type { LaneTerms } from "../runtime/ready-queue";

/** @param of the workflow, and who pays for it @param money units: most that a task is paid, and its bond @param spec the step's @returns a step as the scheduler knows it */
export function laneTermsOf(
  of: Pick<LaneTerms, "workflow" | "requester">,
  step: Step,
  stepIndex: number,
  money: Pick<LaneTerms, "ceiling" | "bond">,
  { withinSeconds }: Pick<Spec, "withinSeconds">,
): LaneTerms {
  const { id, program, resources, claimSeconds, limits } = step;
  const { ceiling, bond } = money;
  const { runSeconds } = limits;
  return {
    ...of,
    step: id,
    stepIndex,
    program,
    resources,
    ceiling,
    bond,
    claimSeconds,
    runSeconds,
    withinSeconds,
  };
}
