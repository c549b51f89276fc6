import { decodeEventLog, type DecodeEventLogReturnType, type Hex, type Log } from "viem";
import { marketAbi } from "../../../protocol/abi";

type Decoded = DecodeEventLogReturnType<typeof marketAbi>;
export type EventName = Decoded["eventName"];
/** Arguments of one kind of event. */
export type EventArgs<N extends EventName> = Extract<Decoded, { eventName: N }>["args"];

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
