import type { TransactionReceipt } from "viem";
import type { Client } from "../client";
import { sendCall } from "./send-call";

/**
 * Stops new claims of a workflow; work under way may still be committed and paid. Only its requester can.
 * @param workflow the workflow's id
 * @returns the receipt
 * @throws FrobenError as `sendCall`
 */
export function cancel(client: Client, workflow: number): Promise<TransactionReceipt> {
  return sendCall(client, { functionName: "cancel", args: [workflow] });
}
