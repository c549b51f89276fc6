import type { Address, Log, PublicClient } from "viem";
import { FrobenError } from "../../../protocol/errors";
import { mapConcurrently } from "./concurrently";
import { decodeMarketEvent, type MarketEvent } from "./market-event";

const FIRST_RANGE = 2_000n;
const LARGEST_RANGE = 100_000n;
/** Below this many logs in an answer the next range is doubled. */
const FEW_LOGS = 2_000;
const PARALLEL_BLOCKS = 16;

/** What the chain gave for a range of blocks. */
export interface FetchedEvents {
  events: MarketEvent[];
  /** Logs of the market that are none of its known events. */
  unknown: { block: number; logIndex: number }[];
}

/** Fetches logs in ranges that shrink when the node refuses them, and grow while they are nearly empty. */
async function fetchLogs(
  client: PublicClient,
  market: Address,
  from: bigint,
  to: bigint,
  onBlock: (block: bigint) => void,
): Promise<Log[]> {
  const logs: Log[] = [];
  let size = FIRST_RANGE;
  for (let start = from; start <= to;) {
    const end = start + size - 1n < to ? start + size - 1n : to;
    let answer: Log[];
    try {
      answer = await client.getLogs({ address: market, fromBlock: start, toBlock: end });
    } catch (cause) {
      if (size === 1n)
        throw new FrobenError("audit_logs_unavailable", `no logs of block ${start}`, {
          cause,
          retryable: true,
          hint: "use a node that keeps the logs since the market's deployment",
        });
      size = size / 4n > 0n ? size / 4n : 1n;
      continue;
    }
    logs.push(...answer);
    onBlock(end);
    start = end + 1n;
    if (answer.length < FEW_LOGS && size < LARGEST_RANGE) size *= 2n;
  }
  return logs;
}

async function blockTimes(client: PublicClient, logs: Log[]): Promise<Map<bigint, number>> {
  const numbers = [...new Set(logs.map((log) => log.blockNumber!))];
  const times = await mapConcurrently(numbers, PARALLEL_BLOCKS, async (blockNumber) => {
    const block = await client.getBlock({ blockNumber });
    return Number(block.timestamp);
  });
  return new Map(numbers.map((number, i) => [number, times[i]!]));
}

/**
 * All events of the market, in chain order, with the times of their blocks.
 * @param from first block, the market's deployment or earlier
 * @param to last block, inclusive
 * @param onBlock called with the last block fetched so far
 * @throws FrobenError `audit_logs_unavailable` when the node refuses the logs of a single block
 */
export async function fetchEvents(
  client: PublicClient,
  market: Address,
  from: bigint,
  to: bigint,
  onBlock: (block: bigint) => void,
): Promise<FetchedEvents> {
  const logs = await fetchLogs(client, market, from, to, onBlock);
  const times = await blockTimes(client, logs);
  const fetched: FetchedEvents = { events: [], unknown: [] };
  for (const log of logs) {
    const place = {
      block: Number(log.blockNumber),
      logIndex: log.logIndex!,
      tx: log.transactionHash!,
      time: times.get(log.blockNumber!)!,
    };
    const event = decodeMarketEvent(log, place);
    if (event) fetched.events.push(event);
    else fetched.unknown.push(place);
  }
  return fetched;
}
