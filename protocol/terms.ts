import { encodeAbiParameters, keccak256, numberToHex, type Address, type Hex } from "viem";
import { toBytes32, ZERO_BYTES32, type Bytes32 } from "./digest";
import { LIMITS } from "./limits";
import { merklePath, merkleRoot, rootFromPath } from "./merkle";
import type { Spec, Step } from "./spec";
import { firstTasksOf } from "./spec-graph";
import { hashPair } from "./ticket";

export const RULE = { verifier: 0, accepted: 1, jury: 2 } as const;

/** A step's terms as the contract knows them (struct StepTerms). Amounts in units, times in seconds. */
export interface StepTerms {
  firstTask: number;
  maxTasks: number;
  ceiling: bigint;
  bond: bigint;
  claimTime: number;
  window: number;
  rule: number;
  isFinal: boolean;
  judge: JudgeTerms;
}

/** What only disputes need of a step (struct JudgeTerms). */
export interface JudgeTerms {
  verifier: Address;
  verifierGas: number;
  /** Bytes. */
  maxReveal: number;
  checkProgram: Bytes32;
  jurorFee: bigint;
  openRoot: Bytes32;
}

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
    rule: RULE[step.rule.kind],
    isFinal: step.final,
    judge: {
      verifier: (verifier?.address as Address | undefined) ?? ZERO_ADDRESS,
      verifierGas: verifier?.gas ?? 0,
      maxReveal: step.maxRevealBytes,
      checkProgram: step.jury ? toBytes32(step.jury.check) : ZERO_BYTES32,
      jurorFee: BigInt(step.jury?.fee ?? 0),
      openRoot: ZERO_BYTES32,
    },
  };
}

/** @returns the on-chain terms of all steps; steps own neighbouring ranges of task indices, in the spec's order */
export function stepTermsOf(spec: Spec): StepTerms[] {
  const firsts = firstTasksOf(spec);
  return spec.steps.map((step, i) => termsOf(step, firsts[i]!));
}

/** @returns what a claim needs of a step, in one word (see StepCoreLib) */
export function stepCore(index: number, s: StepTerms): bigint {
  const fields: [bigint | number, bigint][] = [
    [s.ceiling, 56n],
    [s.bond, 56n],
    [s.firstTask, 24n],
    [s.maxTasks, 24n],
    [s.claimTime, 24n],
    [s.window, 24n],
    [s.rule, 8n],
    [s.isFinal ? 1 : 0, 8n],
    [index, 8n],
    [0, 24n],
  ];
  return fields.reduce((word, [value, bits]) => (word << bits) | BigInt(value), 0n);
}

/** @returns the hash of the terms that only disputes need; every ticket of the step binds it */
export function judgeHash(judge: JudgeTerms): Hex {
  const encoded = encodeAbiParameters(
    [
      { type: "address" },
      { type: "uint32" },
      { type: "uint32" },
      { type: "bytes32" },
      { type: "uint64" },
      { type: "bytes32" },
    ],
    [
      judge.verifier,
      judge.verifierGas,
      judge.maxReveal,
      judge.checkProgram,
      judge.jurorFee,
      judge.openRoot,
    ],
  );
  return keccak256(encoded);
}

/** Hashed twice, so that no inner node passes for a leaf. */
const stepLeaf = (terms: StepTerms, index: number): Hex =>
  keccak256(hashPair(stepCore(index, terms), judgeHash(terms.judge)));

/** @returns the root that the contract stores for a workflow's steps */
export function stepsRoot(steps: StepTerms[]): Hex {
  return merkleRoot(steps.map(stepLeaf));
}

/** A step's terms with their path to the steps' root, which a claim shows. */
export function termsOpening(steps: StepTerms[], index: number): { terms: StepTerms; path: Hex[] } {
  return { terms: steps[index]!, path: merklePath(steps.map(stepLeaf), index) };
}

/** What the contract keeps of the steps' root with the coordinator's address (WorkflowLib.termsOf). */
const digestOf = (coordinator: Address, root: Hex): bigint =>
  BigInt(hashPair(BigInt(coordinator), root)) & ((1n << 200n) - 1n);

/** @returns the digest of coordinator and steps, as `workflowOf` gives it */
export function workflowTerms(coordinator: Address, steps: StepTerms[]): bigint {
  return digestOf(coordinator, stepsRoot(steps));
}

/**
 * Whether step `index` has these terms in a workflow of this coordinator.
 * @param path to the steps' root, as `termsOpening` gives it
 * @param digest of coordinator and steps, as `workflowOf` gives it
 */
export function areTermsOf(
  index: number,
  terms: StepTerms,
  path: Hex[],
  coordinator: Address,
  digest: bigint,
): boolean {
  const nodes = path.map((node) => node.toLowerCase() as Hex);
  return digestOf(coordinator, rootFromPath(stepLeaf(terms, index), nodes)) === digest;
}

/** @returns the word as the contract reads it */
export const coreHex = (index: number, terms: StepTerms): Hex =>
  numberToHex(stepCore(index, terms), { size: 32 });

/**
 * The least escrow that a workflow may be opened with: every task at its ceiling, and the coordinator's fee on it.
 * @param feeBps coordinator's fee in basis points of what is spent
 * @returns units
 */
export function minimumEscrow(steps: StepTerms[], feeBps: number): bigint {
  const most = steps.reduce((sum, step) => sum + BigInt(step.maxTasks) * step.ceiling, 0n);
  return most + (most * BigInt(feeBps) + 9_999n) / 10_000n;
}

/** Gas of a challenge beside the verifier's own, rounded up from what `npm run bench:gas` measures. */
const CHALLENGE_GAS = 120_000n;

/**
 * The bond below which nobody has a reason to challenge: the challenger's share would not pay for its gas.
 * @param gasPrice wei per gas
 * @param unit wei of one unit
 * @returns units; zero for steps that no verifier judges
 */
export function leastUsefulBond(terms: StepTerms, gasPrice: bigint, unit: bigint): bigint {
  if (terms.rule !== RULE.verifier || terms.isFinal) return 0n;
  const cost = (BigInt(terms.judge.verifierGas) + CHALLENGE_GAS) * gasPrice;
  const share = unit * BigInt(LIMITS.challengerBps);
  return (cost * 10_000n + share - 1n) / share;
}
