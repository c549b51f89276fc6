import type { Address, Hex, PublicClient } from "viem";
import type { MarketEvent } from "../chain/market-event";
import type { Recorder } from "../recorder";
import type { Ledger } from "../replay/ledger";
import type { MarketCall } from "./calls";

/** Everything that the checks beyond the replay look at. */
export interface Scene {
  client: PublicClient;
  chainId: number;
  market: Address;
  /** The market's currency; zero: the chain's own. */
  token: Address;
  /** Wei of one unit, or the token's smallest units. */
  unit: bigint;
  /** Seconds; as long receipts by a former delegate are evidence. */
  unbondingDelay: number;
  toBlock: bigint;
  events: readonly MarketEvent[];
  /** The same events by workflow, for those that have one. */
  eventsOf: ReadonlyMap<number, MarketEvent[]>;
  ledger: Ledger;
  recorder: Recorder;
  /** Direct calls of the market, by transaction. */
  calls: Map<Hex, MarketCall>;
}

/** @returns events by the workflow that they name */
export function eventsByWorkflow(events: readonly MarketEvent[]): Map<number, MarketEvent[]> {
  const groups = new Map<number, MarketEvent[]>();
  for (const event of events) {
    if (!("workflow" in event.args)) continue;
    const group = groups.get(event.args.workflow);
    if (group) group.push(event);
    else groups.set(event.args.workflow, [event]);
  }
  return groups;
}

export const THROUGH_CONTRACT = "the market was called through another contract";
