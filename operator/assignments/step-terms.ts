/** Who calls it: verify-assignment.ts, the planner's callers. A signed assignment in the contract's own types. */
import type { Address, Hex } from "viem";
import type { Digest } from "../../protocol/digest";
import type { SignedAssignment } from "../../protocol/http";
import type { AssignmentFields, TakeOver } from "../../protocol/operations";
import type { StepTerms } from "../../protocol/terms";

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
