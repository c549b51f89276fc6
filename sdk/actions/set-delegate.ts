import type { Address, TransactionReceipt } from "viem";
import type { Client } from "../client";
import { sendCall } from "./send-call";

/**
 * Lets a hot key act for the client's account as an operator: claim, commit, settle, give back, deliver; never withdraw.
 * It takes the place of any other.
 * @param delegate the key's address; zero: nobody
 * @returns the receipt
 * @throws FrobenError as `sendCall`
 */
export function setDelegate(client: Client, delegate: Address): Promise<TransactionReceipt> {
  return sendCall(client, { functionName: "setDelegate", args: [delegate] });
}
