import { digestOf, type Digest } from "../../protocol/digest";

/** Why an operator could not take a task; the first that applies. */
export type Rejection =
  | "offline"
  | "draining"
  | "program" // does not hold it
  | "offer" // the task needs more than the operator offers
  | "stake" // free stake does not cover the bond
  | "price" // asks for more than is offered for the task now
  | "failed_before" // failed this task, and another operator can take it
  | "concurrency" // works on as many tasks as it takes at once
  | "machine" // its machine has no room now
  | "in_use" // the machine has, but of what the operator offers of it too much is in use
  | "held"; // its machine is kept for a task of higher priority

/** One operator that could take the tasks, with what the score was made of. */
export interface Candidate {
  operator: string;
  /** Predicted milliseconds from now until the task is finished. */
  finishMs: number;
  /** Units per task. */
  price: string;
  /** Share of its attempts at this program that failed, smoothed, 0 to 1. */
  failureRate: number;
  /** Finished attempts at this program. */
  experience: number;
  /** When it was last given work, Unix milliseconds; 0: never. */
  lastAssignedAt: number;
  /** Lower is better. */
  score: number;
}

/** Everything that a choice depends on: from it, `choose` gives the same choice again. */
export interface DecisionRecord {
  version: 1;
  workflow: number;
  step: string;
  /** Tasks that the choice was made for, with one attempt number. */
  tasks: number[];
  attempt: number;
  /** Unix time, milliseconds. */
  decidedAt: number;
  seed: string;
  candidates: Candidate[];
  rejections: Partial<Record<Rejection, string[]>>;
  /** Whether a newcomer was chosen to learn about it, against the score. */
  explored: boolean;
  choice: string;
}

/** @returns the digest that goes under the assignment's signed root */
export function decisionDigest(record: DecisionRecord): Digest {
  return digestOf(record);
}
