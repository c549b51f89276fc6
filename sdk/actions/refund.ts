import type { TransactionReceipt } from "viem";
import type { Client } from "../client";
import { sendCall } from "./send-call";

/**
 * Credits the requester with the escrow of an ended workflow that can't be spent any more. Anyone may call it, again and
 * again; `withdrawOwed` then pays it out.
 * @param workflow the workflow's id
 * @returns the receipt
 * @throws FrobenError as `sendCall`
 */
export function refund(client: Client, workflow: number): Promise<TransactionReceipt> {
  return sendCall(client, { functionName: "refund", args: [workflow] });
}
