import type { Address } from "viem";
import { marketAbi } from "../../protocol/abi";
import { accountOf, type Client } from "../client";

/**
 * Reads what the market owes to an account: refunds, rewards, challenge shares.
 * @param address the client's own account if not given
 * @returns wei
 * @throws FrobenError `account_missing`, `chain_mismatch`, `market_mismatch`
 */
export async function getOwed(client: Client, address?: Address): Promise<bigint> {
  const { market, unit } = await client.market();
  const [, , owed] = await client.chain.readContract({
    address: market,
    abi: marketAbi,
    functionName: "accountOf",
    args: [address ?? accountOf(client).address],
  });
  return owed * BigInt(unit);
}
