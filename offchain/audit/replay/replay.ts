import { placeText, type EventOf, type LoggedName, type MarketEvent } from "../chain/market-event";
import type { Recorder } from "../recorder";
import { advanced } from "./advanced";
import { RULES, type MarketParameters, type Replay } from "./context";
import { demanded, revealed } from "./demands";
import { disputePaid, disputeVoided, voided } from "./dispute-ends";
import { callEnded } from "./disputes";
import { checkTakeOver, conceded, expired, finalAccepted, released } from "./endings";
import {
  appealed,
  caseClosed,
  caseDismissed,
  drawPostponed,
  juryCalled,
  juryDrawn,
  voted,
  voteOpened,
} from "./juries";
import { Ledger } from "./ledger";
import { seatLeft, seatsTaken } from "./seats";
import { openClaimed, silenceAnswered, silenceDeclared, silenceEnded } from "./silence";
import {
  delegateSet,
  owedWithdrawn,
  stakeDeposited,
  stakeWithdrawn,
  unbondingStarted,
} from "./stake";
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
  [N in LoggedName]: (replay: Replay, event: EventOf<N>, where: string) => void;
};

const HANDLERS: Handlers = {
  StakeDeposited: stakeDeposited,
  UnbondingStarted: unbondingStarted,
  StakeWithdrawn: stakeWithdrawn,
  OwedWithdrawn: owedWithdrawn,
  DelegateSet: delegateSet,
  WorkflowOpened: workflowOpened,
  EscrowToppedUp: escrowToppedUp,
  DeadlineExtended: deadlineExtended,
  CoordinatorReplaced: coordinatorReplaced,
  WorkflowCancelled: workflowCancelled,
  WorkflowCompleted: workflowCompleted,
  EscrowRefunded: escrowRefunded,
  FeePaid: feePaid,
  Advanced: advanced,
  OpenClaimed: openClaimed,
  FinalAccepted: finalAccepted,
  Released: released,
  Conceded: conceded,
  Expired: expired,
  Struck: struck,
  Voided: voided,
  Demanded: demanded,
  Revealed: revealed,
  CallEnded: callEnded,
  DisputePaid: disputePaid,
  DisputeVoided: disputeVoided,
  Appealed: appealed,
  JuryCalled: juryCalled,
  DrawPostponed: drawPostponed,
  JuryDrawn: juryDrawn,
  CaseDismissed: caseDismissed,
  Voted: voted,
  VoteOpened: voteOpened,
  CaseClosed: caseClosed,
  SeatsTaken: seatsTaken,
  SeatLeft: seatLeft,
  SilenceDeclared: silenceDeclared,
  SilenceAnswered: silenceAnswered,
  SilenceEnded: silenceEnded,
};

/** Reports balances that an event took below zero, once for each event. */
function checkBalances({ ledger, recorder }: Replay, event: MarketEvent, where: string): void {
  const args = event.args as Record<string, unknown>;
  const check = recorder.check(RULES.balances);
  for (const role of ["operator", "account", "challenger", "by", "caller", "juror"]) {
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
 * @returns the books, and the events with each `Advanced` followed by what it comes to
 */
export function replayEvents(
  events: readonly MarketEvent[],
  parameters: MarketParameters,
  recorder: Recorder,
): { ledger: Ledger; told: MarketEvent[] } {
  for (const rule of Object.values(RULES)) recorder.check(rule);
  const replay: Replay = {
    ledger: new Ledger(),
    recorder,
    parameters,
    released: undefined,
    told: [],
    takenInPart: [],
  };
  for (const event of events) {
    const where = placeText(event);
    checkTakeOver(replay, event);
    replay.told.push(event);
    const handler = HANDLERS[event.name as LoggedName] as (
      r: Replay,
      e: MarketEvent,
      w: string,
    ) => void;
    handler(replay, event, where);
    checkBalances(replay, event, where);
  }
  checkTakeOver(replay, undefined);
  return { ledger: replay.ledger, told: replay.told };
}
