import { encodeFunctionData, type Hex } from "viem";
import { marketAbi } from "../../protocol/abi";
import type { World } from "./world";

/** A call of the market: its ABI, the function's name and the arguments. */
export type MarketCall = Parameters<typeof encodeFunctionData<typeof marketAbi>>[0];

/**
 * Sends one of the coordinator's own transactions in the background.
 * @param purpose what it is for: the same purpose is not sent again
 * @param then called when it is included, or can't be
 * @param gasFor gas to give it, for a call that must be given more than it uses; otherwise it is estimated
 */
export function send(
  world: World,
  purpose: string,
  call: MarketCall,
  then: (sent: boolean) => void = () => {},
  gasFor?: (data: Hex) => bigint,
): void {
  const work = async () => {
    const data = encodeFunctionData(call);
    try {
      const { hash } = await world.deps.sender.send(purpose, {
        to: world.deps.calls.market,
        data,
        gas: gasFor?.(data),
      });
      world.deps.log.info({ purpose, hash }, "transaction included");
      then(true);
    } catch (error) {
      then(false);
      throw error;
    }
  };
  world.later(`sending ${purpose}`, { purpose }, work, "chain");
}
