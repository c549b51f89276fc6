/**
 * Who calls it: the chain loop, before every decision. The operator's slots as the chain has them: read from its own
 * events, never from what an RPC call answered to a transaction.
 */
import { numberToHex, pad, parseEventLogs, type Address, type Hex, type RpcLog } from "viem";
import { formatLog } from "viem";
import { marketAbi } from "../../protocol/abi";
import type { Journal } from "../journal/journal";
import type { MarketChain } from "./clients";
import { applyEvent, slotsFromJson, slotsToJson, type OwnEvent, type Slots } from "./slots";

export interface SlotView {
  /** By number; replaced, never changed, by `sync`. */
  slots(): Slots;
  /** The newest block seen: number, and its time in Unix seconds. */
  head(): { number: number; timestamp: number };
  /** Reads new blocks. @returns whether there were any, and whether own events were among them */
  sync(): Promise<{ newBlock: boolean; changed: boolean }>;
  /** Forgets everything and reads all own events again: for when the chain contradicts the view. */
  rebuild(): Promise<void>;
}

/** Most blocks that one query for events spans. */
const MAX_RANGE = 5_000;

type DecodedLog = ReturnType<typeof parseEventLogs<typeof marketAbi, true, undefined>>[number];

function ownEvent(log: DecodedLog): OwnEvent | undefined {
  switch (log.eventName) {
    case "Claimed":
      return { name: "Claimed", slot: log.args.slot, ticket: log.args.ticket };
    case "Committed": {
      const { fromSlot, slot, ticket, maturesAt, commitments } = log.args;
      return {
        name: "Committed",
        fromSlot,
        slot,
        ticket,
        maturesAt,
        commitments: [...commitments],
      };
    }
    case "Settled":
      return { name: "Settled", slot: log.args.slot };
    case "FinalAccepted":
      return { name: "FinalAccepted", slot: log.args.slot, task: log.args.task };
    case "Released":
      return { name: "Released", slot: log.args.slot, mask: log.args.mask };
    case "Expired":
      return { name: "Expired", slot: log.args.slot, mask: log.args.mask };
    default:
      return undefined;
  }
}

/** @param operator whose slots these are */
export function createSlotView(
  { client, market, fromBlock }: MarketChain,
  operator: Address,
  journal: Pick<Journal, "chainView" | "saveChainView">,
): SlotView {
  let slots: Slots = new Map();
  let read: { number: number; hash: Hex } | undefined;
  let head = { number: 0, timestamp: 0 };

  const saved = journal.chainView();
  if (saved && saved.market === market.toLowerCase()) {
    slots = slotsFromJson(saved.slots);
    read = { number: saved.block, hash: saved.hash };
  }

  /** Own events of a range of blocks. All events about an operator have its address as their first indexed field. */
  async function eventsBetween(from: number, to: number): Promise<OwnEvent[]> {
    const events: OwnEvent[] = [];
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
      const logs = parseEventLogs({ abi: marketAbi, logs: raw.map((log) => formatLog(log)) });
      for (const log of logs) {
        const event = ownEvent(log);
        if (event) events.push(event);
      }
    }
    return events;
  }

  /** Whether the last block that was read is still part of the chain. */
  async function stillThere(): Promise<boolean> {
    if (!read) return true;
    const block = await client
      .getBlock({ blockNumber: BigInt(read.number) })
      .catch(() => undefined);
    return block?.hash === read.hash;
  }

  async function readOn(): Promise<{ newBlock: boolean; changed: boolean }> {
    const latest = await client.getBlock({ blockTag: "latest" });
    const number = Number(latest.number);
    head = { number, timestamp: Number(latest.timestamp) };
    if (read?.hash === latest.hash) return { newBlock: false, changed: false };
    let changed = false;
    if (!(await stillThere())) {
      // A reorg: own events are few, so reading all of them again is simpler than undoing some.
      slots = new Map();
      read = undefined;
      changed = true;
    }
    const events = await eventsBetween(read ? read.number + 1 : fromBlock, number);
    if (events.length > 0) {
      slots = new Map(slots);
      for (const event of events) applyEvent(slots, event);
      changed = true;
    }
    read = { number, hash: latest.hash };
    if (changed)
      journal.saveChainView(market.toLowerCase(), number, latest.hash, slotsToJson(slots));
    return { newBlock: true, changed };
  }

  return {
    slots: () => slots,
    head: () => head,
    sync: readOn,
    async rebuild() {
      slots = new Map();
      read = undefined;
      await readOn();
    },
  };
}
