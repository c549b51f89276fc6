import { erc20Abi, zeroAddress, type Address, type PublicClient } from "viem";

/** What a market is paid in. */
export interface Currency {
  /** An ERC-20; unset: the chain's native currency. */
  token?: Address;
  symbol: string;
  /** Of one whole, as people count. */
  decimals: number;
}

export const ETHER: Currency = { symbol: "ETH", decimals: 18 };

/** @param token as the market's `TOKEN`: zero is the native currency. One without a symbol is shown by its address. */
export async function currencyOf(chain: PublicClient, token: Address): Promise<Currency> {
  if (token === zeroAddress) return ETHER;
  const read = { address: token, abi: erc20Abi } as const;
  const [symbol, decimals] = await Promise.all([
    chain.readContract({ ...read, functionName: "symbol" }).catch(() => token),
    chain.readContract({ ...read, functionName: "decimals" }).catch(() => 0),
  ]);
  return { token, symbol, decimals };
}
