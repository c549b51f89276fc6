/** Who calls it: operator.ts. How an operator reaches the chain; a bench that measures the rest puts a stand-in in its place. */
import { connectMarket } from "./clients";
import { createSlotView } from "./slot-view";
import { createTransactionSender } from "./transaction-sender";

/** The chain itself. */
export const CHAIN_PARTS = {
  connect: connectMarket,
  slotView: createSlotView,
  sender: createTransactionSender,
};

export type ChainParts = typeof CHAIN_PARTS;
