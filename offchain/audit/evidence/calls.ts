import {
  decodeFunctionData,
  isAddressEqual,
  type Address,
  type DecodeFunctionDataReturnType,
  type Hex,
  type PublicClient,
} from "viem";
import { marketAbi } from "../../../protocol/abi";
import { mapConcurrently } from "../chain/concurrently";

const PARALLEL_TRANSACTIONS = 16;

type Decoded = DecodeFunctionDataReturnType<typeof marketAbi>;
export type CallName = Decoded["functionName"];
export type CallOf<N extends CallName> = Extract<Decoded, { functionName: N }>;

/** A transaction that called the market directly, so that its calldata is evidence. */
export interface MarketCall {
  tx: Hex;
  from: Address;
  /** Wei sent with it. */
  value: bigint;
  call: Decoded;
}

/**
 * Reads the transactions behind some events.
 * @returns by hash; transactions that went through another contract are left out
 */
export async function fetchCalls(
  client: PublicClient,
  market: Address,
  hashes: Iterable<Hex>,
  onProgress: (done: number, of: number) => void,
): Promise<Map<Hex, MarketCall>> {
  const wanted = [...new Set(hashes)];
  const calls = new Map<Hex, MarketCall>();
  let done = 0;
  await mapConcurrently(wanted, PARALLEL_TRANSACTIONS, async (hash) => {
    const { to, from, value, input } = await client.getTransaction({ hash });
    onProgress(++done, wanted.length);
    if (!to || !isAddressEqual(to, market)) return;
    const call = decode(input);
    if (call) calls.set(hash, { tx: hash, from, value, call });
  });
  return calls;
}

/** @returns the call; what a permit came with, if it is one that brings a permit */
function decode(data: Hex): Decoded | undefined {
  try {
    const call = decodeFunctionData({ abi: marketAbi, data });
    return call.functionName === "permitAndCall" ? decode(call.args[5]) : call;
  } catch {
    return undefined;
  }
}
