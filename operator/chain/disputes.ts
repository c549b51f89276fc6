/** Who calls it: defence.ts. Pure: what can be done about a dispute now. */
import { DISPUTE_PHASE } from "../../protocol/abi";

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
    case DISPUTE_PHASE.demanded:
      return head.timestamp < until ? "reveal" : undefined;
    case DISPUTE_PHASE.revealed:
      return late > until ? "closeDemand" : undefined;
    case DISPUTE_PHASE.drawing:
      return head.number > drawBlock ? "draw" : undefined;
    case DISPUTE_PHASE.voting: // nobody has opened a vote yet
      return late > until + window ? "closeCase" : undefined;
    case DISPUTE_PHASE.opening:
      return late > until ? "closeCase" : undefined;
    default:
      return undefined;
  }
}
