import { formatGwei } from "viem";
import type { Spec } from "../../protocol/spec";
import { leastUsefulBond, stepTermsOf } from "../../protocol/terms";

/** Something to think over before paying; nothing that keeps a workflow from being opened. */
export interface Warning {
  code: string;
  /** Path in the spec, e.g. `steps[2].bond`. */
  field: string;
  message: string;
  /** What would be enough, and what was found; units. */
  limit: string;
  value: string;
}

/**
 * Finds steps whose bond is so low that nobody has a reason to challenge a wrong result.
 * @param gasPrice wei per gas
 * @param unit wei of one unit
 */
export function bondWarnings(spec: Spec, gasPrice: bigint, unit: bigint): Warning[] {
  return stepTermsOf(spec).flatMap((terms, index) => {
    const least = leastUsefulBond(terms, gasPrice, unit);
    if (terms.bond >= least) return [];
    const field = `steps[${index}].bond`;
    const price = `${formatGwei(gasPrice)} gwei per gas`;
    return {
      code: "bond_too_low",
      field,
      message: `${field}: at ${price} a challenge of step "${spec.steps[index]!.id}" costs more than its share of a bond of ${terms.bond} units; ${least} would pay for it`,
      limit: String(least),
      value: String(terms.bond),
    };
  });
}
