import type { TransactionReceipt } from "viem";
import type { Client } from "../client";
import { toWei, type Amount } from "../units";
import { sendCall } from "./send-call";

/**
 * Adds to a workflow's escrow.
 * @param workflow the workflow's id
 * @param amount a multiple of the market's unit, e.g. "0.1 ether"
 * @returns the receipt
 * @throws FrobenError `amount_invalid`, and as `sendCall`
 */
export function topUp(
  client: Client,
  workflow: number,
  amount: Amount,
): Promise<TransactionReceipt> {
  return sendCall(client, { functionName: "topUp", args: [workflow], value: toWei(amount) });
}
