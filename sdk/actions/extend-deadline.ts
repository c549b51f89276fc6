import type { TransactionReceipt } from "viem";
import type { Client } from "../client";
import { sendCall } from "./send-call";

/**
 * Gives a workflow more time for claims.
 * @param workflow the workflow's id
 * @param deadline Unix time, seconds, later than the present one
 * @returns the receipt
 * @throws FrobenError as `sendCall`
 */
export function extendDeadline(
  client: Client,
  workflow: number,
  deadline: number,
): Promise<TransactionReceipt> {
  return sendCall(client, { functionName: "extendDeadline", args: [workflow, deadline] });
}
