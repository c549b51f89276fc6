/**
 * Who calls it: the chain loop, before every decision. The operator's slots and disputes as the chain has them: read
 * from its own events, never from what an RPC call answered to a transaction.
 */
import {
  numberToHex,
  pad,
  type Address,
  type Hex,
  type RpcLog,
  type TransactionReceipt,
} from "viem";
import { FrobenError } from "../../protocol/errors";
import { readLog, type LoggedEvent } from "../../protocol/market-logs";
import type { Journal } from "../journal/journal";
import type { MarketChain } from "./clients";
import { ownEvent } from "./own-event";
import {
  applyEvent,
  copyOf,
  emptyState,
  stateFromJson,
  stateToJson,
  type OwnEvent,
  type OwnState,
  type Slots,
} from "./slots";

export interface SlotView {
  /** By number; replaced, never changed, by `sync`. */
  slots(): Slots;
  /** Keys of open disputes; replaced, never changed, by `sync`. */
  disputes(): ReadonlySet<Hex>;
  /** Whether a claim of this root has ended in a slot that was used again since. */
  hasEnded(root: string): boolean;
  /** The newest block seen: number, hash, and its time in Unix seconds. */
  head(): { number: number; hash: Hex; timestamp: number };
  /**
   * Reads new blocks. @returns whether there were any, and whether own events were among them
   * @throws FrobenError `logs_missing` (retryable) while the node does not find the events of an expected transaction
   */
  sync(): Promise<{ newBlock: boolean; changed: boolean }>;
  /** A transaction of this operator is included: a view that reaches its block must have its events. */
  expect(receipt: Pick<TransactionReceipt, "transactionHash" | "blockNumber" | "logs">): void;
  /** Forgets everything and reads all own events again: for when the chain contradicts the view. */
  rebuild(): Promise<void>;
}

/** Most blocks that one query for events spans. */
const MAX_RANGE = 5_000;

/** After so many looks without its events a transaction is taken to be gone by a reorganisation. */
const MAX_LOOKS = 4;

/** More than are included between two looks. */
const KEPT_FOUND = 256;

/** An event with where it is: hash of the transaction, number and hash of the block. */
interface Placed {
  event: LoggedEvent;
  tx: Hex;
  block: number;
  blockHash: Hex;
}

function placed(log: RpcLog): Placed[] {
  const event = readLog(log as { topics: [Hex, ...Hex[]]; data: Hex });
  if (!event) return [];
  const { transactionHash, blockNumber, blockHash } = log;
  return [{ event, tx: transactionHash!, block: Number(blockNumber), blockHash: blockHash! }];
}

/** @param operator whose slots these are */
export function createSlotView(
  { client, market, fromBlock }: MarketChain,
  operator: Address,
  journal: Pick<Journal, "chainView" | "saveChainView">,
): SlotView {
  let state: OwnState = emptyState();
  let read: { number: number; hash: Hex } | undefined;
  let head = { number: 0, hash: "0x" as Hex, timestamp: 0 };
  const expected = new Map<Hex, { block: number; looks: number }>();
  /** Own transactions whose events were read, the latest last: of the newest KEPT_FOUND. */
  const known = new Set<Hex>();

  const saved = journal.chainView(market, operator);
  if (saved) {
    state = stateFromJson(saved.state);
    read = { number: saved.block, hash: saved.hash };
  }

  /** Times of the blocks whose events need one, by number. */
  async function timesOf(logs: Placed[]): Promise<Map<number, number>> {
    const timed = logs.filter(({ event }) => event.name === "Advanced");
    const isHead = ({ block, blockHash }: Placed) =>
      block === head.number && blockHash === head.hash;
    if (timed.every(isHead)) return new Map([[head.number, head.timestamp]]); // as almost always
    const numbers = [...new Set(timed.map(({ block }) => block))];
    const blocks = await Promise.all(
      numbers.map((number) => client.getBlock({ blockNumber: BigInt(number) })),
    );
    return new Map(blocks.map((block) => [Number(block.number), Number(block.timestamp)]));
  }

  /** A node may know a block before it finds its logs: without those of an own transaction nothing is read on. */
  function demandExpected(to: number, found: Set<Hex>): void {
    for (const [hash, one] of expected) {
      if (one.block > to) continue;
      if (found.has(hash) || ++one.looks >= MAX_LOOKS) expected.delete(hash);
      else
        throw new FrobenError("logs_missing", "the node finds no events of an own transaction", {
          value: hash,
          retryable: true,
        });
    }
  }

  /** Own events of a range of blocks. All events about an operator have its address as their first indexed field. */
  async function eventsBetween(from: number, to: number): Promise<OwnEvent[]> {
    const events: OwnEvent[] = [];
    const found = new Set<Hex>();
    for (let start = from; start <= to; start += MAX_RANGE) {
      const raw = (await client.request({
        method: "eth_getLogs",
        params: [
          {
            address: market,
            topics: [null, pad(operator)],
            fromBlock: numberToHex(start),
            toBlock: numberToHex(Math.min(to, start + MAX_RANGE - 1)),
          },
        ],
      })) as RpcLog[];
      const logs = raw.flatMap(placed);
      const times = await timesOf(logs);
      for (const { event, tx, block } of logs) {
        found.add(tx);
        const own = ownEvent(event, times.get(block) ?? 0);
        if (own) events.push(own);
      }
    }
    demandExpected(to, found);
    for (const hash of found) known.add(hash);
    for (const oldest of known) {
      if (known.size <= KEPT_FOUND) break;
      known.delete(oldest);
    }
    return events;
  }

  /** Whether a block was read when the node did not find all of its events yet. */
  const hasMissed = (): boolean =>
    [...expected.values()].some(({ block }) => read !== undefined && block <= read.number);

  /** Whether the last block that was read is still part of the chain that ends with `latest`. */
  async function stillThere(latest: { number: bigint; parentHash: Hex }): Promise<boolean> {
    if (!read) return true;
    if (read.number === Number(latest.number) - 1) return read.hash === latest.parentHash;
    const block = await client
      .getBlock({ blockNumber: BigInt(read.number) })
      .catch(() => undefined);
    return block?.hash === read.hash;
  }

  async function readOn(): Promise<{ newBlock: boolean; changed: boolean }> {
    const latest = await client.getBlock({ blockTag: "latest" });
    const number = Number(latest.number);
    // A node that lags behind another; a history that is shorter for good will grow past this block too.
    if (read && number < read.number) return { newBlock: false, changed: false };
    head = { number, hash: latest.hash, timestamp: Number(latest.timestamp) };
    const missed = hasMissed();
    if (read?.hash === latest.hash && !missed) return { newBlock: false, changed: false };
    // After a reorg, too: own events are few, so reading all of them again is simpler than undoing some.
    const afresh = missed || !(await stillThere(latest));
    if (afresh) known.clear();
    const events = await eventsBetween(read && !afresh ? read.number + 1 : fromBlock, number);
    const changed = afresh || events.length > 0;
    if (changed) {
      state = afresh ? emptyState() : copyOf(state);
      for (const event of events) applyEvent(state, event);
    }
    read = { number, hash: latest.hash };
    if (changed) journal.saveChainView(market, operator, number, latest.hash, stateToJson(state));
    return { newBlock: true, changed };
  }

  return {
    slots: () => state.slots,
    disputes: () => state.disputes,
    hasEnded: (root) => state.ended.has(root as Hex),
    head: () => head,
    sync: readOn,
    expect({ transactionHash, blockNumber, logs }) {
      const own = logs.some(
        ({ address, topics }) =>
          address.toLowerCase() === market.toLowerCase() &&
          topics[1]?.toLowerCase() === pad(operator).toLowerCase(),
      );
      if (own && !known.has(transactionHash))
        expected.set(transactionHash, { block: Number(blockNumber), looks: 0 });
    },
    async rebuild() {
      state = emptyState();
      read = undefined;
      await readOn();
    },
  };
}
