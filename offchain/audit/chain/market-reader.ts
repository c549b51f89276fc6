import {
  erc20Abi,
  getContract,
  zeroAddress,
  type Address,
  type Hex,
  type PublicClient,
} from "viem";
import { marketAbi } from "../../../protocol/abi";
import { FrobenError } from "../../../protocol/errors";

/** The market contract's views, all at one block. */
export function marketReader(client: PublicClient, market: Address, blockNumber: bigint) {
  const { read } = getContract({ address: market, abi: marketAbi, client });
  const at = { blockNumber };
  return {
    unit: () => read.UNIT(at),
    minStake: () => read.MIN_STAKE(at),
    unbondingDelay: () => read.UNBONDING_DELAY(at),
    lateClaims: () => read.LATE_CLAIMS(at),
    lateGasRefund: () => read.LATE_GAS_REFUND(at),
    account: (account: Address) => read.accountOf([account], at),
    unbonding: (operator: Address) => read.unbondingOf([operator], at),
    workflow: (workflow: number) => read.workflowOf([workflow], at),
    taskWord: (workflow: number, word: number) => read.taskWordOf([workflow, word], at),
    retry: (workflow: number, task: number) => read.retryOf([workflow, task], at),
    fate: (workflow: number, task: number, attempt: number) =>
      read.fateOf([workflow, task, attempt], at),
    dispute: (key: Hex) => read.disputeOf([key], at),
    jury: (key: Hex) => read.juryOf([key], at),
    pool: (checkProgram: Hex) => read.poolOf([checkProgram], at),
    seat: (checkProgram: Hex, seat: number) => read.seatOf([checkProgram, BigInt(seat)], at),
    juror: (checkProgram: Hex, juror: Address) => read.jurorOf([checkProgram, juror], at),
    delegate: (operator: Address) => read.delegateOf([operator], at),
    token: () => read.TOKEN(at),
    slot: (operator: Address, slot: number) => read.slotOf([operator, slot], at),
    held: () => read.held(at),
    completion: (workflow: number) => read.completionOf([workflow], at),
    /** What the market holds of its currency: wei, or the token's smallest units. */
    balance: async () => {
      const token = await read.TOKEN(at);
      if (token === zeroAddress) return client.getBalance({ address: market, blockNumber });
      const { read: erc20 } = getContract({ address: token, abi: erc20Abi, client });
      return erc20.balanceOf([market], at).catch((cause: unknown) => {
        throw new FrobenError("audit_token_unreadable", `token ${token} tells no balance`, {
          cause,
          value: token,
        });
      });
    },
  };
}

export type MarketReader = ReturnType<typeof marketReader>;
