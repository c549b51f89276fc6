import { setImmediate } from "node:timers/promises";
import type { Address, Hex, Log, PublicClient } from "viem";
import { FrobenError } from "../../protocol/errors";
import { mayHoldLogsOf } from "./bloom";
import { decodeEvents, type MarketEvent } from "./market-event";

/** A block by what links it. */
export interface BlockRef {
  number: number;
  hash: Hex;
  parentHash: Hex;
  /** Unix seconds. */
  timestamp: number;
}

/** What the market logged in one block. */
export interface BlockEvents extends Pick<BlockRef, "number" | "timestamp"> {
  events: MarketEvent[];
}

/** One step of the chain as the ledger applies it. */
export type ChainStep =
  /** A block that may still be taken back. */
  | { kind: "block"; block: BlockRef; events: MarketEvent[] }
  /** All blocks with events up to `tip`: too deep for a reorganisation to reach, so that they need no undo. */
  | { kind: "final"; blocks: BlockEvents[]; tip: BlockRef }
  | { kind: "reorg"; ancestor: BlockRef }
  | { kind: "finalize"; number: number };

/** What was applied so far: the ledger. */
export interface AppliedBlocks {
  tip(): BlockRef | undefined;
  at(number: number): BlockRef | undefined;
}

export interface FollowOptions {
  client: PublicClient;
  market: Address;
  fromBlock: number;
  /** Blocks on top of a block after which it can't be taken back any more. */
  finality: number;
  /** Told the number of the chain's newest block at each look. */
  onHead?: (head: number) => void;
}

const AT_ONCE = 16; // blocks fetched at the same time
const MAX_RANGE = 10_000; // blocks of one getLogs, far from the head
/** Blocks of the first getLogs. It doubles with each reply: a few small questions cost less than one reply that is too large to be taken. */
export const FIRST_RANGE = 16;
/** Logs that a range aims at: viem refuses replies above 10 MiB, and nodes often those above 10,000 logs. */
const RANGE_LOGS = 4_000;

/** A block, and the filter that says which logs are not in it. */
interface Header {
  block: BlockRef;
  bloom: Hex | null;
}

async function headerAt(client: PublicClient, number: number | "latest"): Promise<Header> {
  const block = await (number === "latest"
    ? client.getBlock({ blockTag: "latest" })
    : client.getBlock({ blockNumber: BigInt(number) }));
  const { hash, parentHash, logsBloom: bloom } = block;
  const ref = { number: Number(block.number), timestamp: Number(block.timestamp) };
  return { block: { ...ref, hash, parentHash }, bloom };
}

const blockAt = async (client: PublicClient, number: number): Promise<BlockRef> =>
  (await headerAt(client, number)).block;

/**
 * Events of one block. A node may know a block before it can find its logs, and then finds none: that is believed at once only if
 * the header says so too.
 */
async function eventsOf(
  { client, market }: FollowOptions,
  { block, bloom }: Header,
): Promise<MarketEvent[]> {
  const look = () => client.getLogs({ address: market, blockHash: block.hash });
  const logs = await look();
  const empty = logs.length === 0 && mayHoldLogsOf(bloom, market);
  return decodeEvents(empty ? await look() : logs);
}

/** @returns the newest applied block that is still on the chain */
async function commonAncestor(
  client: PublicClient,
  applied: AppliedBlocks,
  tip: BlockRef,
  head: BlockRef,
): Promise<BlockRef> {
  for (let number = Math.min(tip.number, head.number); ; number--) {
    const ours = applied.at(number);
    if (!ours)
      throw new FrobenError("reorg_too_deep", "the chain was rewritten below its final block", {
        field: "finality",
        value: number,
        hint: "check the RPC endpoint; to accept the new history, delete the database and start again",
      });
    if (ours.number === head.number - 1 && ours.hash === head.parentHash) return ours;
    const theirs = number === head.number ? head : await blockAt(client, number);
    if (theirs.hash === ours.hash) return ours;
  }
}

/** Whether a node could not be asked at all: a smaller question would not help. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof Error &&
  error.name === "HttpRequestError" &&
  (error as Error & { status?: number }).status === undefined;

/** Logs of [from, end], where `end` is as far as the range's size, or what the node answers, allows. */
async function logsFrom(
  { client, market }: FollowOptions,
  from: number,
  to: number,
  range: { size: number },
): Promise<{ logs: Log[]; end: number }> {
  for (;;) {
    const end = Math.min(from + range.size - 1, to);
    try {
      const logs = await client.getLogs({
        address: market,
        fromBlock: BigInt(from),
        toBlock: BigInt(end),
      });
      const fitting = Math.ceil((range.size * RANGE_LOGS) / (logs.length + 1));
      range.size = Math.min(range.size * 2, fitting, MAX_RANGE);
      return { logs, end };
    } catch (error) {
      if (end === from || isUnreachable(error)) throw error;
      range.size = Math.ceil((end - from + 1) / 2);
    }
  }
}

/** @returns the headers of blocks, some at the same time */
async function headersOf(client: PublicClient, numbers: number[]): Promise<Map<number, BlockRef>> {
  const headers = new Map<number, BlockRef>();
  for (let i = 0; i < numbers.length; i += AT_ONCE) {
    const some = numbers.slice(i, i + AT_ONCE);
    for (const block of await Promise.all(some.map((number) => blockAt(client, number))))
      headers.set(block.number, block);
  }
  return headers;
}

/**
 * @param logs all of a range of final blocks whose last is `end`
 * @returns the step that they are; undefined when the range was rewritten meanwhile
 */
async function finalStep(
  client: PublicClient,
  logs: Log[],
  end: number,
): Promise<ChainStep | undefined> {
  const byBlock = new Map<number, Log[]>();
  for (const log of logs) {
    const own = byBlock.get(Number(log.blockNumber));
    if (own) own.push(log);
    else byBlock.set(Number(log.blockNumber), [log]);
  }
  // Headers are asked for where logs don't say their block's time, as many nodes do.
  const untimed = [...byBlock].flatMap(([number, [log]]) =>
    log!.blockTimestamp === undefined && number !== end ? [number] : [],
  );
  const headers = await headersOf(client, [...untimed, end]);
  for (const [number, header] of headers)
    if (byBlock.get(number)?.some((log) => log.blockHash !== header.hash)) return undefined;
  const blocks = [...byBlock]
    .sort(([a], [b]) => a - b)
    .map(([number, own]) => ({
      number,
      timestamp: headers.get(number)?.timestamp ?? Number(own[0]!.blockTimestamp),
      events: decodeEvents(own),
    }));
  return { kind: "final", blocks, tip: headers.get(end)! };
}

/** Final blocks in ranges, whose size adapts to what the node answers. While one is applied, the node is asked for the next. */
async function* backfill(
  options: FollowOptions,
  from: number,
  to: number,
  range: { size: number },
): AsyncGenerator<ChainStep> {
  const read = async (first: number) => {
    const { logs, end } = await logsFrom(options, first, to, range);
    return { step: await finalStep(options.client, logs, end), end };
  };
  let ahead = read(from);
  for (;;) {
    const { step, end } = await ahead;
    if (!step) return; // look again
    if (end < to) {
      ahead = read(end + 1);
      ahead.catch(() => {}); // whoever asks for the next step hears of it
      await setImmediate(); // applying holds the thread: the question goes out first
    }
    yield step;
    if (end >= to) return;
  }
}

/** Blocks near the head, one by one, each linked to its parent. Stops early when a link does not hold. */
async function* live(
  options: FollowOptions,
  applied: AppliedBlocks,
  from: number,
  head: Header,
): AsyncGenerator<ChainStep> {
  const last = head.block.number;
  for (let next = from; next <= last; next += AT_ONCE) {
    const count = Math.min(AT_ONCE, last - next + 1);
    const batch = await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const header = next + i === last ? head : await headerAt(options.client, next + i);
        return { block: header.block, events: await eventsOf(options, header) };
      }),
    );
    for (const { block, events } of batch) {
      const tip = applied.tip();
      if (tip && (tip.number !== block.number - 1 || tip.hash !== block.parentHash)) return;
      yield { kind: "block", block, events };
    }
  }
}

/**
 * Brings what was applied up to the chain's head, once. The consumer applies each step before it asks for the next.
 * @throws FrobenError `reorg_too_deep`; viem's errors when the node does not answer
 */
export async function* catchUp(
  options: FollowOptions,
  applied: AppliedBlocks,
  range = { size: FIRST_RANGE },
): AsyncGenerator<ChainStep> {
  const newest = await headerAt(options.client, "latest");
  const head = newest.block;
  options.onHead?.(head.number);
  const tip = applied.tip();
  if (tip?.hash === head.hash) return;
  if (tip) {
    const ancestor = await commonAncestor(options.client, applied, tip, head);
    // A head that lies in our own past comes from a node that lags behind, not from another history.
    if (ancestor.hash === head.hash) return;
    if (ancestor.hash !== tip.hash) yield { kind: "reorg", ancestor };
  }
  const final = head.number - options.finality;
  const first = () => (applied.tip()?.number ?? options.fromBlock - 1) + 1;
  if (first() <= final) yield* backfill(options, first(), final, range);
  if (first() > final) yield* live(options, applied, first(), newest);
  if (final > options.fromBlock) yield { kind: "finalize", number: final };
}
