import {
  createPublicClient,
  encodeFunctionData,
  hexToBigInt,
  http,
  size,
  slice,
  type Address,
  type Hex,
  type PublicClient,
  type RpcRequestError,
} from "viem";
import { marketAbi, verifierAbi } from "../../protocol/abi";
import { FrobenError } from "../../protocol/errors";
import type { ChainCalls } from "../coordinator/facade";
import { intrinsicGas } from "../../protocol/gas";

/** @param pollMs how often viem looks again where it waits, milliseconds */
export function connect(rpcUrl: string, pollMs: number): PublicClient {
  return createPublicClient({
    transport: http(rpcUrl, { retryCount: 2, timeout: 20_000 }),
    pollingInterval: pollMs,
    cacheTime: 0,
  });
}

/**
 * Reads what never changes about a market, and by that checks that it is one.
 * @returns chain id; wei, or the token's smallest units, of one unit; an operator's least stake, units; seconds for which
 * completed workflows take claims
 * @throws FrobenError `chain_unavailable`; `market_not_found` when there is no market at the address
 */
export async function readMarket(
  client: PublicClient,
  market: Address,
): Promise<{ chainId: number; unit: bigint; minStake: bigint; lateClaims: number }> {
  const chainId = await client.getChainId().catch((cause: unknown) => {
    throw new FrobenError("chain_unavailable", "the chain's node does not answer", {
      field: "FROBEN_RPC_URL",
      retryable: true,
      status: 503,
      cause,
    });
  });
  try {
    const read = { address: market, abi: marketAbi } as const;
    const [unit, minStake, lateClaims] = await Promise.all([
      client.readContract({ ...read, functionName: "UNIT" }),
      client.readContract({ ...read, functionName: "MIN_STAKE" }),
      client.readContract({ ...read, functionName: "LATE_CLAIMS" }),
    ]);
    return { chainId, unit, minStake, lateClaims };
  } catch (cause) {
    throw new FrobenError("market_not_found", `no market answers at ${market}`, {
      field: "FROBEN_MARKET",
      value: market,
      hint: "check the address and the RPC endpoint's chain",
      cause,
    });
  }
}

const REVERTED =
  /revert|out of gas|ran out|invalid (opcode|jump)|stack (under|over)flow|vm exception/i;

/** Whether the node ran the call and it failed, rather than that the node could not be asked. */
function isRevert(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === "ExecutionRevertedError") return true;
    if (at.name === "RpcRequestError") return REVERTED.test((at as RpcRequestError).details);
  }
  return false;
}

const toHex = (bytes: Uint8Array): Hex =>
  `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;

/** Calls that ask the chain itself. */
export function createChainCalls(
  client: PublicClient,
  { chainId, market, lateClaims }: Pick<ChainCalls, "chainId" | "market" | "lateClaims">,
): ChainCalls {
  return {
    chainId,
    market,
    lateClaims,
    async verify(adapter, statement, result, gas) {
      const data = encodeFunctionData({
        abi: verifierAbi,
        args: [toHex(statement), toHex(result)],
      });
      try {
        const answer = await client.call({
          to: adapter,
          data,
          gas: BigInt(gas) + intrinsicGas(data),
        });
        return (
          answer.data !== undefined &&
          size(answer.data) >= 32 &&
          hexToBigInt(slice(answer.data, 0, 32)) === 1n
        );
      } catch (cause) {
        if (isRevert(cause)) return false;
        throw new FrobenError("chain_unavailable", "the verifier can't be asked now", {
          retryable: true,
          status: 503,
          cause,
        });
      }
    },
  };
}
