import { erc20Abi } from "viem";
import { accountOf, type Client } from "../client";
import { sendContractCallNow } from "./send-call";

/**
 * Prepares a call that pays units in: in a market of the native currency they come as the call's value; in one of a token
 * the market is first allowed to take as much, if it may not already. For a caller that holds the client's `sending` queue.
 * @param options the nonce to use, and how long to wait for the allowance, milliseconds
 * @returns wei to send with the call, and the nonce that is left for it if one was given
 * @throws FrobenError as `sendCall`
 */
export async function preparePayIn(
  client: Client,
  units: bigint,
  options: { nonce?: number; timeoutMs?: number } = {},
): Promise<{ value: bigint; nonce?: number }> {
  const { market, unit, currency } = await client.market();
  const { nonce, timeoutMs } = options;
  const next = (used: number) => (nonce === undefined ? {} : { nonce: nonce + used });
  const amount = units * BigInt(unit);
  const { token } = currency;
  if (!token) return { value: amount, ...next(0) };
  const { address } = accountOf(client);
  const allowed = await client.chain.readContract({
    address: token,
    abi: erc20Abi,
    functionName: "allowance",
    args: [address, market],
  });
  if (allowed >= amount) return { value: 0n, ...next(0) };
  const call = { to: token, abi: erc20Abi, functionName: "approve", args: [market, amount] };
  await sendContractCallNow(client, { ...call, timeoutMs, ...next(0) });
  return { value: 0n, ...next(1) };
}
