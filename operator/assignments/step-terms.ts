/** Who calls it: verify-assignment.ts, the planner's callers. A signed assignment in the contract's own types. */
import { encodeAbiParameters, type Address, type Hex } from "viem";
import type { Leaf } from "../../protocol/assignment";
import type { SignedAssignment } from "../../protocol/http";
import { inputsDigest } from "../../protocol/assignment";
import { leafHash, verifyMerklePath } from "../../protocol/merkle";
import { stepTermsAbi, type StepTerms } from "../../protocol/terms";
import type { Ticket } from "../../protocol/ticket";

/** @returns struct StepTerms of an assignment */
export function termsOf({ terms }: SignedAssignment): StepTerms {
  return {
    ...terms,
    ceiling: BigInt(terms.ceiling),
    bond: BigInt(terms.bond),
    verifier: terms.verifier as Address,
  };
}

/** Whether step `index` with these terms is in the workflow that has this root. */
export function areTermsOf(index: number, terms: StepTerms, path: Hex[], root: Hex): boolean {
  const encoded = encodeAbiParameters([{ type: "uint8" }, stepTermsAbi], [index, terms]);
  return verifyMerklePath(leafHash(encoded), path, root);
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

/** @returns struct Assignment, as the coordinator signed it and the contract takes it */
export function assignmentStruct(signed: SignedAssignment) {
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

/** An expired claim that an assignment may take over (struct TakeOver). */
export interface TakeOver {
  holder: Address;
  slot: bigint;
  ticket: Ticket;
}

export function takeOversOf(signed: SignedAssignment): TakeOver[] {
  return signed.takeOvers.map(({ holder, slot, head, tail, root }) => ({
    holder: holder as Address,
    slot: BigInt(slot),
    ticket: { head: BigInt(head), tail: BigInt(tail), root: root as Hex },
  }));
}
