import {
  decodeAbiParameters,
  stringToBytes,
  toEventSignature,
  type AbiEvent,
  type Hex,
  type Log,
  type parseEventLogs,
} from "viem";
import { marketAbi } from "./abi";
import { keccak256 } from "./keccak";

type ParsedLog = ReturnType<typeof parseEventLogs<typeof marketAbi, true>>[number];

/** An event of the market: its name, and what it carries. */
export type LoggedEvent = ParsedLog extends infer P
  ? P extends { eventName: infer N; args: infer A }
    ? { name: N; args: A }
    : never
  : never;

type Logged = Pick<Log, "topics" | "data">;

/** @returns what reads the arguments of one kind of event: indexed ones are topics, each one word; the others are the data */
function argsReader(event: AbiEvent): (log: Logged) => Record<string, unknown> {
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

interface Reader {
  name: string;
  read: (log: Logged) => Record<string, unknown>;
}

/** By first topic: looked up, since finding out among all of the ABI costs more per log than decoding it. */
let readers: Map<Hex, Reader> | undefined;

function makeReaders(): Map<Hex, Reader> {
  const events = marketAbi.filter((item) => item.type === "event");
  return new Map(
    events.map((event) => {
      const topic = keccak256(stringToBytes(toEventSignature(event)));
      return [topic, { name: event.name, read: argsReader(event) }];
    }),
  );
}

/** @returns the market's event that a raw log is; undefined for a log of no known event */
export function readLog(log: Logged): LoggedEvent | undefined {
  readers ??= makeReaders(); // not at the start of a process: fifty hashes
  const event = readers.get(log.topics[0]!);
  return event && ({ name: event.name, args: event.read(log) } as LoggedEvent);
}
