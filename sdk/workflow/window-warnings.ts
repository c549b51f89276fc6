import { LIMITS } from "../../protocol/limits";
import type { Spec, Step } from "../../protocol/spec";
import type { Warning } from "./bond-warnings";

/** A time of a step that is too short for something. */
interface TooShort {
  code: string;
  field: "windowSeconds" | "claimSeconds";
  /** Seconds that would do. */
  least: number;
  why: string;
}

function tooShort(step: Step, localChain: boolean): TooShort[] {
  const { final, maxRevealBytes, limits } = step;
  const rules: (TooShort & { applies: boolean })[] = [
    {
      code: "window_too_short",
      field: "windowSeconds",
      applies: maxRevealBytes > 0 && !final && !localChain,
      least: LIMITS.revealSeconds,
      why: "operators refuse tasks whose result they could not reveal on-chain in time",
    },
    {
      code: "claim_too_short",
      field: "claimSeconds",
      applies: true,
      least: limits.startSeconds + limits.runSeconds,
      why: "an attempt that keeps the step's own limits can come too late to be paid",
    },
  ];
  return rules.filter(({ applies, field, least }) => applies && step[field] < least);
}

/**
 * Finds steps whose times are too short for their operators, or for whoever looks at their results.
 * @param localChain whether blocks come at once, so that nobody needs time for them
 */
export function windowWarnings(spec: Spec, localChain = false): Warning[] {
  return spec.steps.flatMap((step, index) =>
    tooShort(step, localChain).map(({ code, field, least, why }) => ({
      code,
      field: `steps[${index}].${field}`,
      message: `steps[${index}].${field}: ${step[field]} s of step "${step.id}" are less than ${least} s: ${why}`,
      limit: String(least),
      value: String(step[field]),
    })),
  );
}
