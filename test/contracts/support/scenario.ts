import type { Signer } from "ethers";
import { toHex, type Hex } from "viem";
import type { Leaf } from "../../../protocol/assignment";
import {
  encodeOperations,
  type AssignmentFields,
  type ClaimOperation,
  type CommitOperation,
  type SettleOperation,
} from "../../../protocol/operations";
import type { StepTerms } from "../../../protocol/terms";
import type { Ticket } from "../../../protocol/ticket";

// What tests talk about: amounts, people, workflows, claims.

export const UNIT = 10n ** 9n;
export const MIN_STAKE = 1_000_000n;
export const UNBONDING_DELAY = 15 * 86_400;
export const LATE_CLAIMS = 900;
export const ZERO32 = `0x${"00".repeat(32)}` as const;

export type Account = Signer & { address: string };

export interface OpenWorkflow {
  id: number;
  steps: StepTerms[];
  deadline: number;
}

/** A signed offer with everything that its evidence is made of. */
export interface Offer {
  workflow: OpenWorkflow;
  step: number;
  operator: Account;
  tasks: number[];
  leaves: Leaf[];
  assignment: AssignmentFields;
  signature: string;
}

/** A live claim, or the batch that came out of it. */
export interface Claim {
  offer: Offer;
  slot: number;
  ticket: Ticket;
  commitments: Hex[];
  results: Hex[];
}

/** The statement of a task. The echo verifier accepts exactly the statement as its proof. */
export const statementOf = (workflow: number, task: number): Hex =>
  toHex(`statement of task ${task} of workflow ${workflow}`);
export const WRONG_RESULT: Hex = toHex("no proof at all");

/** Operations of one transaction, those that are not empty. */
export interface Parts {
  settles?: SettleOperation[];
  commits?: CommitOperation[];
  claims?: ClaimOperation[];
}

/** @returns the argument of `advance` */
export const operationsOf = ({ settles = [], commits = [], claims = [] }: Parts): Hex =>
  encodeOperations({ settles, commits, claims });

/** What a test replaces in evidence. */
export interface Spoiled {
  batch?: Record<string, unknown>;
  leaf?: Record<string, unknown>;
  [argument: string]: unknown;
}

/** Tasks [from, from + count). */
export const range = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i);
