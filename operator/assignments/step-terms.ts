/** Who calls it: verify-assignment.ts, the planner's callers. A signed assignment in the contract's own types. */
import { keccak256, type Address, type Hex } from "viem";
import { inputsDigest, type Leaf } from "../../protocol/assignment";
import type { Digest } from "../../protocol/digest";
import type { SignedAssignment } from "../../protocol/http";
import type { AssignmentFields, TakeOver } from "../../protocol/operations";
import { judgeHash, stepCore, type StepTerms } from "../../protocol/terms";
import { hashPair } from "../../protocol/ticket";

/** @returns struct StepTerms of an assignment */
export function termsOf({ terms }: SignedAssignment): StepTerms {
  const { judge } = terms;
  return {
    ...terms,
    ceiling: BigInt(terms.ceiling),
    bond: BigInt(terms.bond),
    judge: {
      ...judge,
      verifier: judge.verifier as Address,
      checkProgram: judge.checkProgram as Hex,
      jurorFee: BigInt(judge.jurorFee),
      openRoot: judge.openRoot as Hex,
    },
  };
}

const isUint = (value: number | bigint, bits: number) => {
  const whole = BigInt(value);
  return whole >= 0n && whole >> BigInt(bits) === 0n;
};

/** Whether every term has its place in the contract's words: terms that don't could pass for others. */
export function areTermsPackable(index: number, terms: StepTerms): boolean {
  const { ceiling, bond, firstTask, maxTasks, claimTime, window, rule, judge } = terms;
  return (
    [ceiling, bond].every((value) => isUint(value, 56)) &&
    [firstTask, maxTasks, claimTime, window].every((value) => isUint(value, 24)) &&
    [rule, index].every((value) => isUint(value, 8)) &&
    [judge.verifierGas, judge.maxReveal].every((value) => isUint(value, 32)) &&
    isUint(judge.jurorFee, 64)
  );
}

/**
 * Whether step `index` has these terms in a workflow of this coordinator.
 * @param digest of coordinator and steps, as `workflowOf` gives it
 */
export function areTermsOf(
  index: number,
  terms: StepTerms,
  path: Hex[],
  coordinator: Address,
  digest: bigint,
): boolean {
  const leaf = keccak256(hashPair(stepCore(index, terms), judgeHash(terms.judge)));
  const root = path
    .map((node) => node.toLowerCase() as Hex)
    .reduce((at, node) => (at < node ? hashPair(at, node) : hashPair(node, at)), leaf);
  return BigInt(hashPair(BigInt(coordinator), root)) % (1n << 200n) === digest;
}

/** @returns the leaves that the assignment's tasks must have, by rising task index */
export function leavesOf(signed: SignedAssignment): Leaf[] {
  return signed.tasks.map(({ task, attempt, inputs, statementDigest, decisionDigest }) => ({
    task,
    attempt,
    inputsDigest: inputsDigest(signed.program, signed.params, inputs),
    statementDigest: statementDigest as Hex,
    decisionDigest: decisionDigest as Hex,
  }));
}

/** @returns the digests of a task's inputs, by the name of the port */
export function digestsOf({ inputs }: SignedAssignment["tasks"][number]): Record<string, Digest> {
  return Object.fromEntries(Object.entries(inputs).map(([name, { digest }]) => [name, digest]));
}

/** @returns what the coordinator signed, but for the operator */
export function assignmentFields(signed: SignedAssignment): AssignmentFields {
  return {
    workflow: signed.workflow,
    step: signed.step,
    attempt: signed.attempt,
    word: signed.word,
    mask: BigInt(signed.mask),
    price: BigInt(signed.price),
    claimBy: signed.claimBy,
    root: signed.root as Hex,
  };
}

/** @returns the expired claims that an assignment may take over */
export function takeOversOf(signed: SignedAssignment): TakeOver[] {
  return signed.takeOvers.map(({ holder, slot, money, scope, root, judgeHash }) => ({
    holder: holder as Address,
    slot,
    ticket: {
      money: BigInt(money),
      scope: BigInt(scope),
      root: root as Hex,
      judgeHash: judgeHash as Hex,
    },
  }));
}
