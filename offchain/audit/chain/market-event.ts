import {
  decodeEventLog,
  type Address,
  type DecodeEventLogReturnType,
  type Hex,
  type Log,
} from "viem";
import { marketAbi } from "../../../protocol/abi";
import type { AssignmentFields } from "../../../protocol/operations";
import type { Ticket } from "../../../protocol/ticket";

type Decoded = DecodeEventLogReturnType<typeof marketAbi>;

interface OfSlot {
  operator: Address;
  workflow: number;
  slot: number;
}

/** What the facts of an `Advanced` come to, one after another; the replay makes these, because it knows the slots. */
interface Operations {
  Claimed: OfSlot & { ticket: Ticket; deadline: number; assignment: AssignmentFields | undefined };
  /** A part leaves the rest of the claim in `fromSlot`. */
  Committed: OfSlot & {
    fromSlot: number;
    ticket: Ticket;
    maturesAt: number;
    commitments: readonly Hex[];
  };
  Settled: OfSlot & { pay: bigint; bond: bigint };
}

export type LoggedName = Decoded["eventName"];
export type EventName = LoggedName | keyof Operations;
/** Arguments of one kind of event. */
export type EventArgs<N extends EventName> = N extends keyof Operations
  ? Operations[N]
  : Extract<Decoded, { eventName: N }>["args"];

/** Where an event stands on the chain. */
export interface EventPlace {
  block: number;
  logIndex: number;
  tx: Hex;
  /** Time of the block, Unix seconds. */
  time: number;
}

/** One event of the market contract, decoded. */
export type MarketEvent = {
  [N in EventName]: EventPlace & { name: N; args: EventArgs<N> };
}[EventName];

export type EventOf<N extends EventName> = Extract<MarketEvent, { name: N }>;

/** @returns the event, or undefined for a log that is none of the market's known events */
export function decodeMarketEvent(
  log: Pick<Log, "data" | "topics">,
  place: EventPlace,
): MarketEvent | undefined {
  try {
    const { eventName, args } = decodeEventLog({
      abi: marketAbi,
      data: log.data,
      topics: log.topics,
      strict: true,
    });
    return { ...place, name: eventName, args } as MarketEvent;
  } catch {
    return undefined;
  }
}

/** @returns a place as findings name it */
export function placeText(place: EventPlace): string {
  return `block ${place.block} log ${place.logIndex} (${place.tx.slice(0, 10)})`;
}
