import type { Hex, Log } from "viem";
import { readLog, type LoggedEvent } from "../../protocol/market-logs";

/** A decoded event of the market with its place in the chain. */
export type MarketEvent = LoggedEvent extends infer E
  ? E extends LoggedEvent
    ? E & { tx: Hex; logIndex: number }
    : never
  : never;

export type EventName = MarketEvent["name"];
/** What an event of one name carries. */
export type EventArgs<N extends EventName> = Extract<MarketEvent, { name: N }>["args"];

/** @returns the market's events among raw logs, by rising log index; logs of no known event are left out */
export function decodeEvents(logs: Log[]): MarketEvent[] {
  return logs
    .flatMap((log) => {
      const event = readLog(log);
      return event ? [{ ...event, tx: log.transactionHash!, logIndex: log.logIndex! }] : [];
    })
    .sort((a, b) => a.logIndex - b.logIndex);
}

/** @returns the value with every bigint as a decimal string, so that JSON holds it */
export function jsonArgs(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(jsonArgs);
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonArgs(item)]));
  return value;
}
