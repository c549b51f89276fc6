import type { Address, Hex } from "viem";
import type { EventOf, MarketEvent } from "../chain/market-event";
import type { Recorder } from "../recorder";
import type { Batch, Ledger, Workflow } from "./ledger";

/** What a replay knows of the contract besides its events. */
export interface MarketParameters {
  chainId: number;
  market: Address;
  /** Units; the first deposit must reach it. */
  minStake: bigint;
  /** Seconds. */
  unbondingDelay: number;
  /** Seconds for which a completed workflow takes claims. */
  lateClaims: number;
  /** Units; what ending a late claim refunds. */
  lateGasRefund: bigint;
}

/** What every event handler is given. */
export interface Replay {
  ledger: Ledger;
  recorder: Recorder;
  parameters: MarketParameters;
  /** The last release, which a concession of the same transaction explains. */
  released: { tx: Hex; slot: number; word: number; mask: bigint; batch: Batch } | undefined;
  /** All events so far, each `Advanced` followed by what it comes to. */
  told: MarketEvent[];
  /** Expiries of parts of claims, which only a take-over at the end of their transaction explains. */
  takenInPart: { event: EventOf<"Expired">; where: string }[];
}

/** Names of the checks that the replay makes; each says what holds when nothing was found. */
export const RULES = {
  balances: "No balance falls below zero",
  stake: "Stake is deposited, unbonded and withdrawn by the rules",
  workflows: "Workflows are opened, ended and refunded by the rules",
  claims: "Claims are exclusive and within the terms of their step",
  commitments: "Commitments come from live claims, in time",
  settlements: "Only matured commitments are paid, once, at their price",
  ends: "Released, conceded and expired claims move exactly their own bonds",
  disputes: "Disputes keep their phases and times, and move exactly their own pay and bonds",
  juries: "Jurors take seats, vote, are paid and fined by the rules",
  silence: "Coordinators are declared silent, and answer, by the rules",
  strikes: "Strikes fall inside the window and split exactly the bond",
} as const;

/**
 * The workflow of an event; an unknown one is a finding of check `rule`.
 */
export function knownWorkflow(
  replay: Replay,
  rule: string,
  id: number,
  where: string,
): Workflow | undefined {
  const workflow = replay.ledger.workflows.get(id);
  replay.recorder
    .check(rule)
    .expect(
      workflow !== undefined,
      "workflow_unknown",
      where,
      `workflow ${id} was never opened in the events read`,
    );
  return workflow;
}
