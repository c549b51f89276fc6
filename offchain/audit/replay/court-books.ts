import type { Address, Hex } from "viem";
import type { Claim, Ticket } from "../../../protocol/ticket";

// The auditor's books of disputes and juries. Amounts are in units, times in Unix seconds.

/** Where a dispute stands, in the order of the contract's enum. */
export const PHASES = [
  "none",
  "demanded",
  "revealed",
  "drawing",
  "voting",
  "opening",
  "closed",
] as const;
export type Phase = (typeof PHASES)[number];

/** The jury of a dispute. */
export interface Jury {
  checkProgram: Hex;
  /** Whose hash draws it. */
  drawBlock: number;
  jurors: readonly Address[];
  /** By juror. */
  sealedVotes: Map<Address, Hex>;
  votes: Map<Address, number>;
}

/** A task that has left its batch or claim. */
export interface Dispute {
  operator: Address;
  slot: number;
  workflow: number;
  task: number;
  attempt: number;
  /** What it was claimed with, and the tasks that were then left of that. */
  ticket: Ticket;
  claim: Claim;
  commitment: Hex | undefined;
  isAppeal: boolean;
  phase: Phase;
  until: number;
  caller: Address | undefined;
  /** Units that the caller has locked. */
  callerBond: bigint;
  /** How the caller's last bond ended. */
  ended: { tx: Hex; back: bigint; spent: bigint } | undefined;
  /** Bytes; zero: the result was never demanded. */
  maxReveal: number;
  jury: Jury | undefined;
  /** What its closed case came to; the event that ends the dispute follows from it. */
  verdict: number | undefined;
}

/** What became of one attempt that was disputed, void or struck. */
export interface Fate {
  workflow: number;
  task: number;
  attempt: number;
  /** Unpaid: only its bond is at stake. */
  isVoid: boolean;
  /** It is in no batch and no claim any more: struck, or moved into a dispute. */
  hasLeft: boolean;
  isStruck: boolean;
}

export interface Juror {
  seats: number;
  /** Juries that it sits on. */
  engaged: number;
  fine: bigint;
}

/** Those who judge by one check program. */
export interface Pool {
  seats: Address[];
  /** Juries that wait for their draw. */
  drawing: number;
  jurors: Map<Address, Juror>;
}

/** One draw, with all that decides it but the block's hash. */
export interface Draw {
  where: string;
  key: Hex;
  block: number;
  drawBlock: number;
  /** As they were at the draw. */
  seats: readonly Address[];
  parties: readonly (Address | undefined)[];
  /** Empty: the case was dismissed. */
  jurors: readonly Address[];
}

/** The pool of a check program. */
export function poolOf(pools: Map<Hex, Pool>, program: Hex): Pool {
  let pool = pools.get(program);
  if (!pool) pools.set(program, (pool = { seats: [], drawing: 0, jurors: new Map() }));
  return pool;
}

export function jurorOf(pool: Pool, juror: Address): Juror {
  let known = pool.jurors.get(juror);
  if (!known) pool.jurors.set(juror, (known = { seats: 0, engaged: 0, fine: 0n }));
  return known;
}
