/** Who calls it: slots.ts and defence.ts. Pure: names of disputes, and what can be done about one now. */
import { numberToHex, type Hex } from "viem";

/** One attempt at a task; there is at most one dispute about it. */
export interface DisputedAttempt {
  workflow: number;
  task: number;
  attempt: number;
}

/** @returns the dispute's name on-chain (see DisputeLib.keyOf) */
export function disputeKey({ workflow, task, attempt }: DisputedAttempt): Hex {
  return numberToHex((BigInt(workflow) << 48n) | (BigInt(task) << 16n) | BigInt(attempt), {
    size: 32,
  });
}

/** @returns what a dispute is about */
export function attemptOfKey(key: Hex): DisputedAttempt {
  const word = BigInt(key);
  return {
    workflow: Number(word >> 48n),
    task: Number((word >> 16n) & 0xffff_ffffn),
    attempt: Number(word & 0xffffn),
  };
}

/** Phases of `disputeOf`. */
export const PHASE = {
  none: 0,
  demanded: 1,
  revealed: 2,
  drawing: 3,
  voting: 4,
  opening: 5,
  closed: 6,
} as const;

/** A dispute as the chain has it. Times in Unix seconds. */
export interface DisputeState {
  phase: number;
  until: number;
  /** The step's window, seconds. */
  window: number;
  /** Block whose hash draws the jury, while it is drawing. */
  drawBlock: number;
}

/** reveal: shows the result. closeDemand, closeCase: take pay and bond out of a dispute whose time is over. draw: the jury. */
export type DisputeStep = "reveal" | "closeDemand" | "draw" | "closeCase";

/**
 * What the operator under dispute should do next. A demand is answered at once; what anyone may do, and others have
 * reason to do as well, is left to them for a while.
 * @param head the newest block
 * @param patience how long others get, seconds
 */
export function nextStep(
  dispute: DisputeState,
  head: { number: number; timestamp: number },
  patience: number,
): DisputeStep | undefined {
  const { phase, until, window, drawBlock } = dispute;
  const late = head.timestamp - patience;
  switch (phase) {
    case PHASE.demanded:
      return head.timestamp < until ? "reveal" : undefined;
    case PHASE.revealed:
      return late > until ? "closeDemand" : undefined;
    case PHASE.drawing:
      return head.number > drawBlock ? "draw" : undefined;
    case PHASE.voting: // nobody has opened a vote yet
      return late > until + window ? "closeCase" : undefined;
    case PHASE.opening:
      return late > until ? "closeCase" : undefined;
    default:
      return undefined;
  }
}
