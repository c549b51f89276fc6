import { getContract, type Address, type PublicClient } from "viem";
import { marketAbi } from "../../../protocol/abi";

/** The market contract's views, all at one block. */
export function marketReader(client: PublicClient, market: Address, blockNumber: bigint) {
  const { read } = getContract({ address: market, abi: marketAbi, client });
  const at = { blockNumber };
  return {
    unit: () => read.UNIT(at),
    minStake: () => read.MIN_STAKE(at),
    unbondingDelay: () => read.UNBONDING_DELAY(at),
    lateGasRefund: () => read.LATE_GAS_REFUND(at),
    account: (account: Address) => read.accountOf([account], at),
    unbonding: (operator: Address) => read.unbondingOf([operator], at),
    workflow: (workflow: number) => read.workflowOf([workflow], at),
    taskWord: (workflow: number, word: number) => read.taskWordOf([workflow, word], at),
    retry: (workflow: number, task: number) => read.retryOf([workflow, task], at),
    slot: (operator: Address, slot: bigint) => read.slotOf([operator, slot], at),
    completion: (workflow: number) => read.completionOf([workflow], at),
    balance: () => client.getBalance({ address: market, blockNumber }),
  };
}

export type MarketReader = ReturnType<typeof marketReader>;
