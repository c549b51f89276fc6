import {
  decodeAbiParameters,
  toEventSelector,
  type AbiEvent,
  type Hex,
  type Log,
  type parseEventLogs,
} from "viem";
import { marketAbi } from "../../protocol/abi";

type ParsedLog = ReturnType<typeof parseEventLogs<typeof marketAbi, true>>[number];

/** A decoded event of the market with its place in the chain. */
export type MarketEvent = ParsedLog extends infer P
  ? P extends { eventName: infer N; args: infer A }
    ? { name: N; args: A; tx: Hex; logIndex: number }
    : never
  : never;

export type EventName = MarketEvent["name"];
/** What an event of one name carries. */
export type EventArgs<N extends EventName> = Extract<MarketEvent, { name: N }>["args"];

/** @returns what reads the arguments of one kind of event: indexed ones are topics, each one word; the others are the data */
function argsReader(event: AbiEvent): (log: Log) => Record<string, unknown> {
  const indexed = event.inputs.filter((input) => input.indexed);
  const others = event.inputs.filter((input) => !input.indexed);
  return ({ topics, data }) => {
    const args: Record<string, unknown> = {};
    indexed.forEach((input, i) => {
      [args[input.name!]] = decodeAbiParameters([input], topics[i + 1]!);
    });
    const values = others.length === 0 ? [] : decodeAbiParameters(others, data);
    others.forEach((input, i) => (args[input.name!] = values[i]));
    return args;
  };
}

/** By first topic: looked up, since finding out among all of the ABI costs more per log than decoding it. */
const READERS = new Map(
  marketAbi.flatMap((item) =>
    item.type === "event"
      ? [[toEventSelector(item), { name: item.name, read: argsReader(item) }] as const]
      : [],
  ),
);

/** @returns the market's events among raw logs, by rising log index; logs of no known event are left out */
export function decodeEvents(logs: Log[]): MarketEvent[] {
  return logs
    .flatMap((log) => {
      const event = READERS.get(log.topics[0]!);
      if (!event) return [];
      const place = { tx: log.transactionHash!, logIndex: log.logIndex! };
      return [{ name: event.name, args: event.read(log), ...place } as MarketEvent];
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
