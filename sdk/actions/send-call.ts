import {
  encodeFunctionData,
  keccak256,
  type Abi,
  type Address,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type Hex,
  type TransactionReceipt,
} from "viem";
import { marketAbi } from "../../protocol/abi";
import { FrobenError } from "../../protocol/errors";
import { chainError } from "../chain-error";
import { accountOf, type Client } from "../client";
import { poll } from "../wait";

export type MarketFunction = ContractFunctionName<typeof marketAbi, "nonpayable" | "payable">;

interface CallOptions {
  /** Wei to send with it. */
  value?: bigint;
  /** Nonce to use, so that no two of several such transactions can both land. */
  nonce?: number | undefined;
  /** How long to wait for the transaction, milliseconds. */
  timeoutMs?: number | undefined;
}

/** A call of the market contract. */
export interface MarketCall<Name extends MarketFunction> extends CallOptions {
  functionName: Name;
  args: ContractFunctionArgs<typeof marketAbi, "nonpayable" | "payable", Name>;
}

/** A call of any contract. */
export interface ContractCall extends CallOptions {
  to: Address;
  abi: Abi;
  functionName: string;
  args: readonly unknown[];
}

const DEFAULT_TIMEOUT_MS = 120_000;
/** How long to look for a transaction that the node said it did not take. */
const DOUBT_MS = 10_000;

/** Whether the chain holds a transaction of this nonce; false when the node does not answer. */
async function nonceIsUsed(client: Client, address: Address, nonce: number): Promise<boolean> {
  const used = await client.chain
    .getTransactionCount({ address, blockTag: "latest" })
    .catch(() => 0);
  return used > nonce;
}

const replaced = (nonce: number, cause?: unknown) =>
  new FrobenError("transaction_replaced", "another transaction took the nonce", {
    value: nonce,
    retryable: true,
    hint: "another process sends from the same account: give each its own",
    cause,
  });

async function awaitInclusion(
  client: Client,
  sent: { hash: Hex; from: Address; nonce: number },
  timeoutMs: number,
): Promise<TransactionReceipt> {
  const receiptOf = () =>
    client.chain.getTransactionReceipt({ hash: sent.hash }).catch(() => undefined);
  const outcome = await poll(
    async () => {
      const receipt = await receiptOf();
      if (receipt) return receipt;
      // The nonce may have been used by this very transaction since the first look.
      return (await nonceIsUsed(client, sent.from, sent.nonce))
        ? ((await receiptOf()) ?? ("replaced" as const))
        : undefined;
    },
    { everyMs: client.pollMs, timeoutMs },
  );
  if (outcome === undefined)
    throw new FrobenError("transaction_pending", `transaction ${sent.hash} is not included yet`, {
      value: sent.hash,
      retryable: true,
      hint: "it may still land: call again, what already happened is found on-chain",
    });
  if (outcome === "replaced") throw replaced(sent.nonce);
  if (outcome.status === "reverted")
    throw new FrobenError("reverted", `transaction ${sent.hash} reverted`, { value: sent.hash });
  return outcome;
}

async function signCall(client: Client, call: ContractCall) {
  const account = accountOf(client);
  const { chainId } = await client.market();
  const { to, abi, functionName, args, value = 0n } = call;
  const data = encodeFunctionData({ abi, functionName, args });
  try {
    await client.chain.simulateContract({ account, address: to, abi, functionName, args, value });
    const request = await client.chain.prepareTransactionRequest({
      account,
      chain: null,
      chainId,
      to,
      data,
      value,
      ...(call.nonce === undefined ? {} : { nonce: call.nonce }),
    });
    const serialized = await account.signTransaction({ ...request, chainId } as Parameters<
      typeof account.signTransaction
    >[0]);
    return { serialized, from: account.address, nonce: request.nonce };
  } catch (error) {
    // The transaction that took the nonce may be what made this call revert, and whoever gave the nonce looks again.
    if (call.nonce !== undefined && (await nonceIsUsed(client, account.address, call.nonce)))
      throw replaced(call.nonce, error);
    throw chainError(error, functionName);
  }
}

/**
 * Calls any contract, for a caller that holds the client's `sending` queue already.
 * @throws FrobenError as `sendCall`
 */
export async function sendContractCallNow(
  client: Client,
  call: ContractCall,
): Promise<TransactionReceipt> {
  const { serialized, from, nonce } = await signCall(client, call);
  const failure = await client.chain.sendRawTransaction({ serializedTransaction: serialized }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const timeoutMs = call.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  try {
    return await awaitInclusion(
      client,
      { hash: keccak256(serialized), from, nonce },
      failure ? Math.min(timeoutMs, DOUBT_MS) : timeoutMs,
    );
  } catch (error) {
    const unseen = error instanceof FrobenError && error.code === "transaction_pending";
    throw failure && unseen ? chainError(failure, call.functionName) : error;
  }
}

/**
 * As `sendCall`, for a caller that holds the client's `sending` queue already.
 * @throws FrobenError as `sendCall`
 */
export async function sendCallNow<Name extends MarketFunction>(
  client: Client,
  call: MarketCall<Name>,
): Promise<TransactionReceipt> {
  const { market } = await client.market();
  return sendContractCallNow(client, { to: market, abi: marketAbi, ...call } as ContractCall);
}

/**
 * Calls the market contract and waits until the chain shows the transaction; an error of the node on the way is not
 * believed before the chain was looked at.
 * @returns the receipt of a transaction that succeeded
 * @throws FrobenError `account_missing`, `reverted`, `chain_error`, `transaction_pending`, `transaction_replaced`
 */
export function sendCall<Name extends MarketFunction>(
  client: Client,
  call: MarketCall<Name>,
): Promise<TransactionReceipt> {
  return client.sending.run(() => sendCallNow(client, call));
}
