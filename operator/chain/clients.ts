/** Who calls it: operator.ts. The connection to the chain, and the facts about one market. */
import {
  createPublicClient,
  defineChain,
  http,
  zeroAddress,
  type Address,
  type Chain,
  type PublicClient,
} from "viem";
import { marketAbi } from "../../protocol/abi";
import { FrobenError } from "../../protocol/errors";
import type { MarketInfo } from "../../protocol/http";
import { LOCAL_CHAINS } from "../../protocol/local-chains";

/** Whether nothing on a chain has value: only there may an operator skip its allow-lists. */
export const isLocalChain = (chainId: number) => LOCAL_CHAINS.includes(chainId);

/** One market on one chain. */
export interface MarketChain {
  client: PublicClient;
  chain: Chain;
  chainId: number;
  market: Address;
  /** An ERC-20 that the market pays in; unset: the chain's native currency. */
  token?: Address;
  /** Wei, or the token's smallest units, of one unit. */
  unit: bigint;
  minStake: bigint;
  /** Seconds for which a completed workflow takes claims. */
  lateClaims: number;
  fromBlock: number;
}

/**
 * Connects, and holds what the coordinator says against the chain itself.
 * @param pinned the market that the operator's configuration names, if it does
 * @throws FrobenError `chain_mismatch`, `market_mismatch`, `chain_unreachable`
 */
export async function connectMarket(
  rpcUrl: string,
  info: MarketInfo,
  pinned: Address | undefined,
): Promise<MarketChain> {
  const market = info.market as Address;
  if (pinned && pinned.toLowerCase() !== market.toLowerCase())
    throw new FrobenError("market_mismatch", "the coordinator works for another market", {
      field: "FROBEN_MARKET",
      limit: pinned,
      value: market,
    });
  const chain = defineChain({
    id: info.chainId,
    name: `chain ${info.chainId}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const transport = http(rpcUrl, { retryCount: 3, timeout: 15_000, batch: { wait: 0 } });
  const client: PublicClient = createPublicClient({ chain, transport, cacheTime: 0 });
  const chainId = await client.getChainId().catch((cause: unknown) => {
    throw new FrobenError("chain_unreachable", "the chain does not answer", {
      field: "FROBEN_RPC_URL",
      retryable: true,
      cause,
    });
  });
  if (chainId !== info.chainId)
    throw new FrobenError("chain_mismatch", "the coordinator works on another chain", {
      field: "FROBEN_RPC_URL",
      limit: info.chainId,
      value: chainId,
    });
  const read = { address: market, abi: marketAbi } as const;
  const [currency, unit, minStake, lateClaims] = await Promise.all([
    client.readContract({ ...read, functionName: "TOKEN" }),
    client.readContract({ ...read, functionName: "UNIT" }),
    client.readContract({ ...read, functionName: "MIN_STAKE" }),
    client.readContract({ ...read, functionName: "LATE_CLAIMS" }),
  ]);
  const token = currency === zeroAddress ? undefined : currency;
  const { fromBlock } = info;
  return { client, chain, chainId, market, token, unit, minStake, lateClaims, fromBlock };
}
