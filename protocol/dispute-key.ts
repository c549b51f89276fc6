import { numberToHex, type Hex } from "viem";

/** One attempt at a task; there is at most one dispute about it. */
export interface DisputedAttempt {
  workflow: number;
  task: number;
  attempt: number;
}

/** @returns the name that the contract gives a dispute (DisputeLib.keyOf) */
export function disputeKey({ workflow, task, attempt }: DisputedAttempt): Hex {
  const word = (BigInt(workflow) << 48n) | (BigInt(task) << 16n) | BigInt(attempt);
  return numberToHex(word, { size: 32 });
}

/** @returns what a dispute is about, by its name */
export function attemptOfKey(key: Hex): DisputedAttempt {
  const word = BigInt(key);
  return {
    workflow: Number(word >> 48n),
    task: Number((word >> 16n) & 0xffff_ffffn),
    attempt: Number(word & 0xffffn),
  };
}
