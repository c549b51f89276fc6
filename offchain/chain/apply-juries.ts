import type { Address } from "viem";
import { VERDICT } from "../../protocol/abi";
import { credit, lock, lower, unlock } from "./balances";
import type { BlockRows } from "./block-rows";
import { disputeRow, findDispute, lockCall, moveOut, patchDispute } from "./disputes";
import { nothing, type EventPlace, type Handlers } from "./handlers";
import type { EventArgs } from "./market-event";

/** On a task of a batch, which leaves it now, or on one that is in dispute already. */
function juryCalled(rows: BlockRows, at: EventPlace, args: EventArgs<"JuryCalled">): void {
  if (!findDispute(rows, args.key)) moveOut(rows, at, args);
  lockCall(rows, at, args, {
    phase: "drawing",
    closesAt: null,
    drawBlock: Number(args.drawBlock),
  });
}

/** Pays the majority; without one, all who voted. */
function caseClosed(rows: BlockRows, at: EventPlace, args: EventArgs<"CaseClosed">): void {
  const { jurors, votes } = disputeRow(rows, args.key);
  const paid = jurors.filter((juror) => {
    const found = votes[juror];
    return found !== undefined && (args.verdict === VERDICT.none || found === args.verdict);
  });
  for (const juror of paid) credit(rows, juror, { owed: args.fees / BigInt(paid.length) });
  patchDispute(rows, at, args.key, { verdict: args.verdict, fees: args.fees });
}

function voteOpened(rows: BlockRows, at: EventPlace, args: EventArgs<"VoteOpened">): void {
  const { votes } = disputeRow(rows, args.key);
  const juror: Address = lower(args.juror);
  patchDispute(rows, at, args.key, { votes: { ...votes, [juror]: args.verdict } });
}

/** Jurors' seats, and the way of a case from its call to its verdict. */
export const JURIES = {
  SeatsTaken: (rows, at, { juror, count }) => lock(rows, juror, BigInt(count) * at.minStake),
  SeatLeft: (rows, at, { juror, burned }) => unlock(rows, juror, at.minStake - burned, burned),
  Appealed: moveOut,
  JuryCalled: juryCalled,
  DrawPostponed: (rows, at, { key, drawBlock }) =>
    patchDispute(rows, at, key, { drawBlock: Number(drawBlock) }),
  JuryDrawn(rows, at, { key, jurors, until }) {
    // Votes are committed until then, and opened for another window.
    const closesAt = until + disputeRow(rows, key).window;
    patchDispute(rows, at, key, { phase: "voting", closesAt, jurors: jurors.map(lower) });
  },
  // As if nobody had called; an appeal is void with that, and says so.
  CaseDismissed: (rows, at, { key, until }) =>
    patchDispute(rows, at, key, { phase: "revealed", closesAt: until, drawBlock: null }),
  Voted: nothing,
  VoteOpened: voteOpened,
  CaseClosed: caseClosed,
} satisfies Partial<Handlers>;
