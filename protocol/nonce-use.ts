import { TransactionReceiptNotFoundError, type Address, type Hex, type PublicClient } from "viem";

/** So many looks in a row must agree: a node may be some blocks behind the one that was asked before. */
export const AGREEING_LOOKS = 3;

/**
 * Whether a nonce is used, and by none of some transactions. A count and a receipt that are asked one after the other may be of two
 * branches: then the transaction is on neither, and only was taken back. So both are asked of one block, which must stand afterwards.
 * @returns false when that is not so, or can't be said now
 */
export async function isUsedByAnother(
  client: Pick<PublicClient, "getBlock" | "getTransactionCount" | "getTransactionReceipt">,
  address: Address,
  nonce: number,
  hashes: readonly Hex[],
): Promise<boolean> {
  try {
    const { number: blockNumber, hash } = await client.getBlock();
    if ((await client.getTransactionCount({ address, blockNumber })) <= nonce) return false;
    for (const one of hashes) {
      const receipt = await client.getTransactionReceipt({ hash: one }).catch(notFound);
      if (receipt) return false;
    }
    return (await client.getBlock({ blockNumber })).hash === hash;
  } catch {
    return false; // the node can't be asked
  }
}

/**
 * A nonce that nothing uses, neither on-chain nor among what the node holds to include, though a higher one is waited for: its transaction
 * was somebody else's with the same key, and went with a reorganisation. Until it is used, nothing behind it can be included.
 * @param to the nonce that is waited for
 * @returns the first such nonce, if there is one
 */
export async function nonceGap(
  client: Pick<PublicClient, "getTransactionCount">,
  address: Address,
  to: number,
): Promise<number | undefined> {
  const first = await client
    .getTransactionCount({ address, blockTag: "pending" })
    .catch(() => undefined);
  return first !== undefined && first < to ? first : undefined;
}

function notFound(error: unknown): undefined {
  if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
}
