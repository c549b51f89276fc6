/** Who calls it: operator.ts at the start and at the end, intake.ts for what is free. The operator's money in the contract. */
import { encodeFunctionData, type Address } from "viem";
import { marketAbi } from "../../protocol/abi";
import { FrobenError } from "../../protocol/errors";
import type { Log } from "../log";
import type { MarketChain } from "./clients";
import type { TransactionSender } from "./transaction-sender";

export interface Account {
  free: bigint;
  locked: bigint;
  owed: bigint;
}

/** @returns units that are free, locked in bonds, and owed */
export async function accountOf(
  { client, market }: Pick<MarketChain, "client" | "market">,
  operator: Address,
): Promise<Account> {
  const call = { address: market, abi: marketAbi, functionName: "accountOf" } as const;
  const [free, locked, owed] = await client.readContract({ ...call, args: [operator] });
  return { free, locked, owed };
}

/**
 * Deposits what is missing to the wanted stake.
 * @param target free and locked together, units
 * @throws FrobenError `stake_unaffordable`, or as the sender
 */
export async function topUpStake(
  chain: MarketChain,
  sender: TransactionSender,
  operator: Address,
  target: bigint,
  log: Log,
): Promise<void> {
  const { free, locked } = await accountOf(chain, operator);
  if (free + locked >= target) return;
  // The first deposit must reach the contract's minimum.
  const missing = target - free - locked;
  const amount = free + locked === 0n && missing < chain.minStake ? chain.minStake : missing;
  const value = amount * chain.unit;
  const balance = await chain.client.getBalance({ address: operator });
  if (balance <= value)
    throw new FrobenError("stake_unaffordable", "the wallet can't pay the stake", {
      field: "FROBEN_STAKE",
      limit: String(balance / chain.unit),
      value: String(amount),
      hint: `send ether to ${operator}`,
    });
  log.info({ units: String(amount) }, "depositing stake");
  const data = encodeFunctionData({ abi: marketAbi, functionName: "deposit", args: [operator] });
  await sender.send({ purpose: "deposit", to: chain.market, data, value });
}

/** Takes home what the contract owes; nothing is sent when that is nothing. @returns units */
export async function withdrawOwed(
  chain: MarketChain,
  sender: TransactionSender,
  operator: Address,
): Promise<bigint> {
  const { owed } = await accountOf(chain, operator);
  if (owed === 0n) return 0n;
  const args = [operator] as const;
  const data = encodeFunctionData({ abi: marketAbi, functionName: "withdrawOwed", args });
  await sender.send({ purpose: "withdraw owed", to: chain.market, data });
  return owed;
}
