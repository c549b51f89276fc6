import type { TransactionReceipt } from "viem";
import type { Client } from "../client";
import { sendCall } from "./send-call";

/**
 * Credits an ended workflow's fee to its coordinator, once every commitment has matured, every dispute is closed and a day more has
 * passed. Anyone may call it, once; `withdrawOwed` then pays it out.
 * @param workflow the workflow's id
 * @returns the receipt
 * @throws FrobenError as `sendCall`
 */
export function payFee(client: Client, workflow: number): Promise<TransactionReceipt> {
  return sendCall(client, { functionName: "payFee", args: [workflow] });
}
