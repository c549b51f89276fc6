/** Who calls it: the stake keeper, operator.ts at the end, intake.ts for what is free. The operator's money in the contract. */
import { encodeFunctionData, erc20Abi, type Address } from "viem";
import { marketAbi } from "../../protocol/abi";
import { FrobenError } from "../../protocol/errors";
import type { DepositIntent } from "../journal/journal";
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

/** Tokens that the market may take, or wei that go along with the call. @returns wei */
async function payIn(
  { client, market, token, unit }: MarketChain,
  sender: TransactionSender,
  units: bigint,
): Promise<bigint> {
  const amount = units * unit;
  if (!token) return amount;
  const args = [sender.address, market] as const;
  const read = { address: token, abi: erc20Abi } as const;
  const allowed = await client.readContract({ ...read, functionName: "allowance", args });
  if (allowed < amount) {
    const data = encodeFunctionData({
      abi: erc20Abi,
      functionName: "approve",
      args: [market, amount],
    });
    await sender.send({ purpose: "allowance for the deposit", to: token, data });
  }
  return 0n;
}

/** What the sender's wallet holds of the market's currency; wei, or the token's smallest units. */
function walletOf({ client, token }: MarketChain, address: Address): Promise<bigint> {
  return token
    ? client.readContract({
        address: token,
        abi: erc20Abi,
        functionName: "balanceOf",
        args: [address],
      })
    : client.getBalance({ address });
}

/**
 * Deposits stake out of the sender's wallet.
 * @param units to deposit
 * @param intent goes into the journal with the transaction
 * @throws FrobenError `stake_unaffordable`, or as the sender
 */
export async function depositStake(
  chain: MarketChain,
  sender: TransactionSender,
  operator: Address,
  units: bigint,
  intent: DepositIntent,
): Promise<void> {
  const wallet = await walletOf(chain, sender.address);
  if (wallet < units * chain.unit)
    throw new FrobenError("stake_unaffordable", "the wallet can't pay the stake", {
      field: "FROBEN_STAKE",
      limit: String(wallet / chain.unit),
      value: String(units),
      hint: `send ${chain.token ? `tokens ${chain.token}` : "ether"} to ${sender.address}`,
    });
  const value = await payIn(chain, sender, units);
  const args = [operator, units] as const;
  const data = encodeFunctionData({ abi: marketAbi, functionName: "deposit", args });
  await sender.send({ purpose: "deposit", to: chain.market, data, value, deposit: intent });
}

/**
 * Takes home what the contract owes to the sender; nothing is sent when that is nothing. What it owes to an operator whose
 * delegate the sender is, the operator's own key withdraws.
 * @returns units
 */
export async function withdrawOwed(chain: MarketChain, sender: TransactionSender): Promise<bigint> {
  const { owed } = await accountOf(chain, sender.address);
  if (owed === 0n) return 0n;
  const args = [sender.address] as const;
  const data = encodeFunctionData({ abi: marketAbi, functionName: "withdrawOwed", args });
  await sender.send({ purpose: "withdraw owed", to: chain.market, data });
  return owed;
}
