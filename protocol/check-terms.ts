import { LIMITS } from "./limits";
import type { Spec, Step } from "./spec";
import { invalid } from "./spec-error";

/** Escrow is kept in 64 bits of units. */
const MAX_ESCROW = 2n ** 64n - 1n;

function checkJury({ jury, bond, windowSeconds }: Step, at: string): void {
  if (!jury) return;
  if (windowSeconds < LIMITS.minJuryWindow)
    throw invalid(
      "spec_jury_window",
      `${at}.windowSeconds`,
      "jurors need more time to vote than that",
      { limit: LIMITS.minJuryWindow, value: windowSeconds },
    );
  const share = (BigInt(bond) * BigInt(LIMITS.challengerBps)) / 10_000n;
  const most = Number(share / BigInt(LIMITS.jurySize));
  if (jury.fee > most)
    throw invalid(
      "spec_jury_fee",
      `${at}.jury.fee`,
      "the fees of a jury are more than the caller's share of the bond",
      { limit: most, value: jury.fee },
    );
}

/**
 * Refuses terms that the contract would refuse when the workflow is opened (StepsLib.summarise), as far as a spec alone tells and its
 * schema does not.
 * @throws FrobenError `spec_jury_window`, `spec_jury_fee`, `spec_escrow_too_large`
 */
export function checkTerms(spec: Spec): void {
  for (const [i, step] of spec.steps.entries()) checkJury(step, `steps[${i}]`);
  const most = spec.steps.reduce((sum, s) => sum + BigInt(s.maxTasks) * BigInt(s.reward), 0n);
  if (most > MAX_ESCROW)
    throw invalid(
      "spec_escrow_too_large",
      "steps",
      "all tasks at their rewards need more than any escrow",
      {
        limit: MAX_ESCROW.toString(),
        value: most.toString(),
      },
    );
}
