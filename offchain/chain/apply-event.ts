import { attemptOfKey } from "../../protocol/dispute-key";
import { DISPUTES } from "./apply-disputes";
import { JURIES } from "./apply-juries";
import { MONEY } from "./apply-money";
import { SILENCE } from "./apply-silence";
import { WORK, workflowsOfFacts } from "./apply-work";
import type { BlockRows } from "./block-rows";
import type { EventPlace, Handlers } from "./handlers";
import type { MarketEvent } from "./market-event";

/** One for each event: the compiler sees to it. */
const HANDLERS: Handlers = { ...MONEY, ...WORK, ...DISPUTES, ...JURIES, ...SILENCE };

/** @returns the workflows that an event is about; ask before it is applied */
export function workflowsOf(rows: BlockRows, event: MarketEvent): Set<number> {
  if (event.name === "Advanced") return new Set(workflowsOfFacts(rows, event.args));
  if ("workflow" in event.args) return new Set([event.args.workflow]);
  if ("key" in event.args) return new Set([attemptOfKey(event.args.key).workflow]);
  return new Set();
}

/**
 * Does to the chain tables what an event says.
 * @throws FrobenError `ledger_negative`, `ledger_unknown` when the events don't add up
 */
export function applyEvent(rows: BlockRows, at: EventPlace, event: MarketEvent): void {
  const handle = HANDLERS[event.name] as (
    rows: BlockRows,
    at: EventPlace,
    args: MarketEvent["args"],
  ) => void;
  handle(rows, at, event.args);
}
