import { encodeAbiParameters, type Address, type Hex } from "viem";
import { leafHash, merklePath, merkleRoot } from "./merkle";
import type { Spec, Step } from "./spec";

export const RULE = { verifier: 0, accepted: 1, jury: 2 } as const;

/** A step's terms as the contract knows them (struct StepTerms). Amounts in units, times in seconds. */
export interface StepTerms {
  firstTask: number;
  maxTasks: number;
  ceiling: bigint;
  bond: bigint;
  claimTime: number;
  window: number;
  maxReveal: number;
  verifierGas: number;
  verifier: Address;
  rule: number;
  isFinal: boolean;
}

/** ABI of struct StepTerms. */
export const stepTermsAbi = {
  type: "tuple",
  components: [
    { name: "firstTask", type: "uint32" },
    { name: "maxTasks", type: "uint32" },
    { name: "ceiling", type: "uint64" },
    { name: "bond", type: "uint64" },
    { name: "claimTime", type: "uint32" },
    { name: "window", type: "uint32" },
    { name: "maxReveal", type: "uint32" },
    { name: "verifierGas", type: "uint32" },
    { name: "verifier", type: "address" },
    { name: "rule", type: "uint8" },
    { name: "isFinal", type: "bool" },
  ],
} as const;

const ZERO_ADDRESS: Address = "0x0000000000000000000000000000000000000000";

function termsOf(step: Step, firstTask: number): StepTerms {
  const verifier = step.rule.kind === "verifier" ? step.rule : undefined;
  return {
    firstTask,
    maxTasks: step.maxTasks,
    ceiling: BigInt(step.reward),
    bond: BigInt(step.bond),
    claimTime: step.claimSeconds,
    window: step.windowSeconds,
    maxReveal: step.maxRevealBytes,
    verifierGas: verifier?.gas ?? 0,
    verifier: (verifier?.address as Address | undefined) ?? ZERO_ADDRESS,
    rule: RULE[step.rule.kind],
    isFinal: step.final,
  };
}

/** @returns the on-chain terms of all steps; steps own neighbouring ranges of task indices, in the spec's order */
export function stepTermsOf(spec: Spec): StepTerms[] {
  let firstTask = 0;
  return spec.steps.map((step) => {
    const terms = termsOf(step, firstTask);
    firstTask += step.maxTasks;
    return terms;
  });
}

function stepLeaf(index: number, terms: StepTerms): Hex {
  return leafHash(encodeAbiParameters([{ type: "uint8" }, stepTermsAbi], [index, terms]));
}

/** @returns the root that the contract stores for a workflow's steps */
export function stepsRoot(steps: StepTerms[]): Hex {
  return merkleRoot(steps.map((terms, index) => stepLeaf(index, terms)));
}

/** Opens one step's terms (struct TermsOpening). */
export function termsOpening(steps: StepTerms[], index: number): { terms: StepTerms; path: Hex[] } {
  const leaves = steps.map((terms, i) => stepLeaf(i, terms));
  return { terms: steps[index]!, path: merklePath(leaves, index) };
}

/**
 * The least escrow that a workflow may be opened with: every task at its ceiling, and the coordinator's fee on it.
 * @param feeBps coordinator's fee in basis points of what is spent
 * @returns units
 */
export function minimumEscrow(steps: StepTerms[], feeBps: number): bigint {
  const most = steps.reduce((sum, step) => sum + BigInt(step.maxTasks) * step.ceiling, 0n);
  return most + (most * BigInt(feeBps) + 9_999n) / 10_000n;
}
