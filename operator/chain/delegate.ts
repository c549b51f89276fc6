/** Who calls it: operator.ts at the start. Whom the operator's key acts for. */
import type { Address } from "viem";
import { marketAbi } from "../../protocol/abi";
import { FrobenError } from "../../protocol/errors";
import type { MarketChain } from "./clients";

/**
 * @param key the address of the operator process's own key
 * @param owner whose stake it works with; unset: its own
 * @returns the operator's address on-chain
 * @throws FrobenError `not_delegate` when the owner has not made the key its delegate
 */
export async function operatorOf(
  { client, market }: Pick<MarketChain, "client" | "market">,
  key: Address,
  owner: Address | undefined,
): Promise<Address> {
  if (owner === undefined || owner.toLowerCase() === key.toLowerCase()) return key;
  const call = { address: market, abi: marketAbi, functionName: "delegateOf" } as const;
  const delegate = await client.readContract({ ...call, args: [owner] });
  if (delegate.toLowerCase() !== key.toLowerCase())
    throw new FrobenError("not_delegate", "the key may not act for this owner", {
      field: "FROBEN_OWNER",
      limit: delegate,
      value: key,
      hint: `with the owner's key: froben operator delegate ${key}`,
    });
  return owner;
}
