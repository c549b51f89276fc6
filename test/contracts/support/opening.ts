import { encodeBytes32String } from "ethers";
import { minimumEscrow, type StepTerms } from "../../../protocol/terms";
import { UNIT, type World } from "./world";

/** A term's name as errors carry it. */
export const term = encodeBytes32String;

const FEE_BPS = 250;

/** A workflow's terms, which a test may spoil. */
export function workflowTermsOf(w: World, change: Record<string, unknown> = {}) {
  return w.terms({ feeBps: FEE_BPS, silenceDelay: 600, ...change });
}

/** What opening steps takes at least, units; zero if there are none. */
export const leastEscrow = (steps: StepTerms[]): bigint => minimumEscrow(steps, FEE_BPS);

/** Opens steps with the least escrow that they may have, or with another. */
export async function openSteps(
  w: World,
  steps: StepTerms[],
  change: Record<string, unknown> = {},
  escrow = leastEscrow(steps),
) {
  const args = [await workflowTermsOf(w, change), steps, escrow];
  return w.send(w.requester, "openWorkflow", args, { value: escrow * UNIT });
}

/** Expects that steps can't be opened. */
export async function refusesToOpen(
  w: World,
  steps: StepTerms[],
  error: string,
  errorArgs?: unknown[],
  change: Record<string, unknown> = {},
  escrow = leastEscrow(steps),
) {
  const args = [await workflowTermsOf(w, change), steps, escrow];
  const value = escrow * UNIT;
  await w.refuses(w.requester, "openWorkflow", args, error, errorArgs, { value });
}
