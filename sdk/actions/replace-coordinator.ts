import type { Address, TransactionReceipt } from "viem";
import type { Client } from "../client";
import { sendCall } from "./send-call";

/**
 * Puts another coordinator in charge of a workflow, e.g. when the present one is silent. Only its requester can.
 * @param workflow the workflow's id
 * @param coordinator address of the new one
 * @returns the receipt
 * @throws FrobenError as `sendCall`
 */
export function replaceCoordinator(
  client: Client,
  workflow: number,
  coordinator: Address,
): Promise<TransactionReceipt> {
  return sendCall(client, { functionName: "replaceCoordinator", args: [workflow, coordinator] });
}
