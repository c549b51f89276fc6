import { getAddress } from "viem";
import type { EventOf } from "../chain/market-event";
import { RULES, type Replay } from "./context";
import { jurorOf, poolOf } from "./court-books";

/** Finds events that come while a draw is pending: who could join or leave then would choose the jury. */
function checkStill(replay: Replay, drawing: number, where: string): void {
  replay.recorder
    .check(RULES.juries)
    .expect(drawing === 0, "pool_drawing", where, "a draw from these seats is pending");
}

/** Every seat locks the minimum stake. */
export function seatsTaken(replay: Replay, { args }: EventOf<"SeatsTaken">, where: string): void {
  const account = replay.ledger.account(args.juror);
  const bonds = replay.parameters.minStake * BigInt(args.count);
  account.free -= bonds;
  account.locked += bonds;
  const pool = poolOf(replay.ledger.pools, args.checkProgram);
  checkStill(replay, pool.drawing, where);
  const juror = getAddress(args.juror);
  for (let i = 0; i < args.count; i++) pool.seats.push(juror);
  jurorOf(pool, juror).seats += args.count;
}

/** A seat's bond is free again, less the juror's fines; the last seat takes its number. */
export function seatLeft(replay: Replay, { args }: EventOf<"SeatLeft">, where: string): void {
  const { minStake } = replay.parameters;
  const pool = poolOf(replay.ledger.pools, args.checkProgram);
  const juror = getAddress(args.juror);
  const its = jurorOf(pool, juror);
  const due = its.fine < minStake ? its.fine : minStake;
  const seat = Number(args.seat);
  const check = replay.recorder.check(RULES.juries);
  checkStill(replay, pool.drawing, where);
  const own = check.expect(
    pool.seats[seat] === juror && its.seats > its.engaged,
    "seat_unknown",
    where,
    () => `seat ${seat} is not ${juror}'s, or its juries need it`,
  );
  check.expect(
    args.burned === due,
    "fine_amount",
    where,
    () => `burns ${args.burned} units, the fines are ${due}`,
  );
  if (own) {
    const last = pool.seats.pop()!;
    if (seat < pool.seats.length) pool.seats[seat] = last;
  }
  its.seats--;
  its.fine -= args.burned;
  const account = replay.ledger.account(juror);
  account.locked -= minStake;
  account.free += minStake - args.burned;
  replay.ledger.burned += args.burned;
}
