import type { TransactionReceipt } from "viem";
import type { Client } from "../client";
import { toUnits, type Amount } from "../units";
import { preparePayIn } from "./pay-in";
import { sendCallNow } from "./send-call";

/**
 * Adds to a workflow's escrow.
 * @param workflow the workflow's id
 * @param amount a multiple of the market's unit, e.g. "0.1 ether"; in a market of a token "wei" are the token's smallest units
 * @returns the receipt
 * @throws FrobenError those of `toUnits`, and as `sendCall`
 */
export async function topUp(
  client: Client,
  workflow: number,
  amount: Amount,
): Promise<TransactionReceipt> {
  const { unit } = await client.market();
  const units = BigInt(toUnits(amount, BigInt(unit), "amount"));
  return client.sending.run(async () => {
    const payment = await preparePayIn(client, units);
    return sendCallNow(client, { functionName: "topUp", args: [workflow, units], ...payment });
  });
}
