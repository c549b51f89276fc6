import type { Address, Hex, PublicClient } from "viem";
import { FrobenError } from "../../protocol/errors";
import { decodeEvents, type MarketEvent } from "./market-event";

/** A block by what links it. */
export interface BlockRef {
  number: number;
  hash: Hex;
  parentHash: Hex;
  /** Unix seconds. */
  timestamp: number;
}

/** One step of the chain as the ledger applies it. */
export type ChainStep =
  | {
      kind: "block";
      block: BlockRef;
      events: MarketEvent[];
      /** Too deep for a reorganisation to reach: needs no undo. Blocks without events may be skipped. */
      final: boolean;
    }
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
}

const LIVE_BATCH = 16; // blocks fetched at the same time near the head
const MAX_RANGE = 10_000; // blocks of one getLogs, far from the head
const FIRST_RANGE = 1_000;

async function blockAt(client: PublicClient, number: number | "latest"): Promise<BlockRef> {
  const block = await (number === "latest"
    ? client.getBlock({ blockTag: "latest" })
    : client.getBlock({ blockNumber: BigInt(number) }));
  return {
    number: Number(block.number),
    hash: block.hash,
    parentHash: block.parentHash,
    timestamp: Number(block.timestamp),
  };
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

/** Final blocks in ranges, whose size adapts to what the node answers. Only blocks with events, and the last of a range, come out. */
async function* backfill(
  options: FollowOptions,
  from: number,
  to: number,
  range: { size: number },
): AsyncGenerator<ChainStep> {
  const { client, market } = options;
  for (let next = from; next <= to;) {
    const end = Math.min(next + range.size - 1, to);
    let logs;
    try {
      logs = await client.getLogs({
        address: market,
        fromBlock: BigInt(next),
        toBlock: BigInt(end),
      });
    } catch (error) {
      if (range.size === 1) throw error;
      range.size = Math.ceil(range.size / 4);
      continue;
    }
    const numbers = new Set([...logs.map((log) => Number(log.blockNumber)), end]);
    for (const number of [...numbers].sort((a, b) => a - b)) {
      const block = await blockAt(client, number);
      const own = logs.filter((log) => Number(log.blockNumber) === number);
      if (own.some((log) => log.blockHash !== block.hash)) return; // rewritten meanwhile: look again
      yield { kind: "block", block, events: decodeEvents(own), final: true };
    }
    range.size = Math.min(range.size * 2, MAX_RANGE);
    next = end + 1;
  }
}

/** Blocks near the head, one by one, each linked to its parent. Stops early when a link does not hold. */
async function* live(
  options: FollowOptions,
  applied: AppliedBlocks,
  from: number,
  head: BlockRef,
): AsyncGenerator<ChainStep> {
  const { client, market } = options;
  for (let next = from; next <= head.number; next += LIVE_BATCH) {
    const count = Math.min(LIVE_BATCH, head.number - next + 1);
    const batch = await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const block = next + i === head.number ? head : await blockAt(client, next + i);
        const logs = await client.getLogs({ address: market, blockHash: block.hash });
        return { block, events: decodeEvents(logs) };
      }),
    );
    for (const { block, events } of batch) {
      const tip = applied.tip();
      if (tip && (tip.number !== block.number - 1 || tip.hash !== block.parentHash)) return;
      yield { kind: "block", block, events, final: false };
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
  const head = await blockAt(options.client, "latest");
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
  if (first() > final) yield* live(options, applied, first(), head);
  if (final > options.fromBlock) yield { kind: "finalize", number: final };
}
