import type { Address, TransactionReceipt } from "viem";
import { accountOf, type Client } from "../client";
import { sendCall } from "./send-call";

/**
 * Pays out everything that the market owes to the client's account.
 * @param to where to; the account itself if not given
 * @returns the receipt
 * @throws FrobenError as `sendCall`
 */
export function withdrawOwed(client: Client, to?: Address): Promise<TransactionReceipt> {
  const recipient = to ?? accountOf(client).address;
  return sendCall(client, { functionName: "withdrawOwed", args: [recipient] });
}
