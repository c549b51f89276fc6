import { numberToHex, type Hex } from "viem";

/** What a dispute is about: one per task and attempt. */
export interface DisputedTask {
  workflow: number;
  task: number;
  attempt: number;
}

const field = (word: bigint, from: bigint, bits: bigint): number =>
  Number((word >> from) & ((1n << bits) - 1n));

/** @returns the name that the contract gives a dispute (DisputeLib.keyOf) */
export function disputeKey({ workflow, task, attempt }: DisputedTask): Hex {
  const word = (BigInt(workflow) << 48n) | (BigInt(task) << 16n) | BigInt(attempt);
  return numberToHex(word, { size: 32 });
}

/** @returns what a dispute's name says */
export function readDisputeKey(key: Hex): DisputedTask {
  const word = BigInt(key);
  return {
    workflow: field(word, 48n, 48n),
    task: field(word, 16n, 32n),
    attempt: field(word, 0n, 16n),
  };
}
