import {
  decodeAbiParameters,
  stringToBytes,
  toEventSignature,
  type AbiEvent,
  type Address,
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
  const isBytes = others.length === 1 && others[0]!.type === "bytes";
  return ({ topics, data }) => {
    const args: Record<string, unknown> = {};
    indexed.forEach((input, i) => {
      const topic = topics[i + 1]!;
      if (input.type === "address") args[input.name!] = addressIn(topic);
      else [args[input.name!]] = decodeAbiParameters([input], topic);
    });
    const bytes = isBytes ? bytesIn(data) : undefined;
    if (bytes !== undefined) args[others[0]!.name!] = bytes;
    else {
      const values = others.length === 0 ? [] : decodeAbiParameters(others, data);
      others.forEach((input, i) => (args[input.name!] = values[i]));
    }
    return args;
  };
}

/** Addresses of topics, with their checksums, which take longest of all in a log: the same few operators log nearly everything. */
const addresses = new Map<Hex, Address>();
const MOST_ADDRESSES = 8_192;

function addressIn(topic: Hex): Address {
  let address = addresses.get(topic);
  if (!address) {
    [address] = decodeAbiParameters([{ type: "address" }], topic);
    if (addresses.size === MOST_ADDRESSES) addresses.clear();
    addresses.set(topic, address);
  }
  return address;
}

/** Where the bytes are of which data is made, and of how many digits these say that they are. */
const [OFFSET, LENGTH] = [`0x${"20".padStart(64, "0")}`, 64];

/**
 * Reads data that is one `bytes`, as most of the market's logs are, without a cursor.
 * @returns nothing when it is not put as every compiler puts it: then the library says what is wrong
 */
function bytesIn(data: Hex): Hex | undefined {
  if (!data.startsWith(OFFSET)) return undefined;
  const from = OFFSET.length + LENGTH;
  const end = from + 2 * Number(`0x${data.slice(OFFSET.length, from)}`);
  return end <= data.length ? `0x${data.slice(from, end)}` : undefined;
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
