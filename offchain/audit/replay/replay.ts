import { placeText, type EventName, type EventOf, type MarketEvent } from "../chain/market-event";
import type { Recorder } from "../recorder";
import { claimed, committed } from "./claims";
import { RULES, type MarketParameters, type Replay } from "./context";
import { checkTakeOver, conceded, expired, finalAccepted, released, settled } from "./endings";
import { Ledger } from "./ledger";
import { owedWithdrawn, stakeDeposited, stakeWithdrawn, unbondingStarted } from "./stake";
import { struck } from "./strikes";
import {
  coordinatorReplaced,
  deadlineExtended,
  escrowRefunded,
  escrowToppedUp,
  feePaid,
  workflowCancelled,
  workflowCompleted,
  workflowOpened,
} from "./workflows";

type Handlers = {
  [N in EventName]: (replay: Replay, event: EventOf<N>, where: string) => void;
};

const HANDLERS: Handlers = {
  StakeDeposited: stakeDeposited,
  UnbondingStarted: unbondingStarted,
  StakeWithdrawn: stakeWithdrawn,
  OwedWithdrawn: owedWithdrawn,
  WorkflowOpened: workflowOpened,
  EscrowToppedUp: escrowToppedUp,
  DeadlineExtended: deadlineExtended,
  CoordinatorReplaced: coordinatorReplaced,
  WorkflowCancelled: workflowCancelled,
  WorkflowCompleted: workflowCompleted,
  EscrowRefunded: escrowRefunded,
  FeePaid: feePaid,
  Claimed: claimed,
  Committed: committed,
  Settled: settled,
  FinalAccepted: finalAccepted,
  Released: released,
  Conceded: conceded,
  Expired: expired,
  Struck: struck,
};

/** Reports balances that an event took below zero, once for each event. */
function checkBalances({ ledger, recorder }: Replay, event: MarketEvent, where: string): void {
  const args = event.args as Record<string, unknown>;
  const check = recorder.check(RULES.balances);
  for (const role of ["operator", "account", "challenger", "by"]) {
    const address = args[role];
    if (typeof address !== "string") continue;
    const account = ledger.account(address as `0x${string}`);
    for (const pot of ["free", "locked", "owed", "unbonding"] as const)
      check.expect(
        account[pot] >= 0n,
        "balance_negative",
        where,
        () => `${pot} of ${address} falls to ${account[pot]} units by ${event.name}`,
      );
  }
}

/**
 * Rebuilds the market's books from its events alone and checks that each event was allowed.
 * Goes on after a finding, so that one broken event does not hide the others.
 * @param events all events since deployment, in chain order
 */
export function replayEvents(
  events: readonly MarketEvent[],
  parameters: MarketParameters,
  recorder: Recorder,
): Ledger {
  for (const rule of Object.values(RULES)) recorder.check(rule);
  const replay: Replay = {
    ledger: new Ledger(),
    recorder,
    parameters,
    released: undefined,
    takenInPart: undefined,
  };
  for (const event of events) {
    const where = placeText(event);
    checkTakeOver(replay, event);
    const handler = HANDLERS[event.name] as (r: Replay, e: MarketEvent, w: string) => void;
    handler(replay, event, where);
    checkBalances(replay, event, where);
  }
  checkTakeOver(replay, undefined);
  return replay.ledger;
}
