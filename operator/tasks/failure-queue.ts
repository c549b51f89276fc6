/**
 * Who calls it: operator.ts for every failed run; the chain loop's turns flush it. Under rule verifier only the
 * coordinator's signature gives a claim back free of penalty, and it signs for claims that it sees. So a failure is
 * told when the claim's fate is known: not while the claim is on its way, and a block after it was included.
 */
import type { FrobenError } from "../../protocol/errors";
import { RULE } from "../../protocol/terms";
import type { HeldTask, Holding } from "../holdings/phase";

export interface FailureQueue {
  add(holding: Holding, task: HeldTask, error: FrobenError): void;
  /** @param block newest block that was looked at */
  flush(block: number): void;
  /** Tells everything: there will be no more turns. */
  end(): void;
}

interface Waiting {
  holding: Holding;
  task: HeldTask;
  error: FrobenError;
  /** Block in which its claim was first seen. */
  claimedAt?: number;
}

/**
 * @param tell reports a failure to the coordinator
 * @param isClaiming whether a claim is on its way
 */
export function createFailureQueue(
  tell: (holding: Holding, task: HeldTask, error: FrobenError) => void,
  isClaiming: (holding: Holding) => boolean,
): FailureQueue {
  let waiting: Waiting[] = [];
  return {
    add(holding, task, error) {
      // Elsewhere the operator concedes by itself, and the sooner the task is tried again, the better.
      if (holding.signed.terms.rule !== RULE.verifier) tell(holding, task, error);
      else waiting.push({ holding, task, error });
    },
    flush(block) {
      const due = waiting.filter((one) => {
        if (one.holding.claim !== "claimed") return !isClaiming(one.holding);
        one.claimedAt ??= block;
        return block > one.claimedAt;
      });
      waiting = waiting.filter((one) => !due.includes(one));
      for (const { holding, task, error } of due) tell(holding, task, error);
    },
    end() {
      for (const { holding, task, error } of waiting.splice(0)) tell(holding, task, error);
    },
  };
}
