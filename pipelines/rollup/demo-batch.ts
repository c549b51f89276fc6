/** Accounts and signed transfers made from a seed. For demonstrations: the keys are no secret. */
import { encodePacked, hexToBigInt, keccak256, sha256, type Hex } from "viem";
import { privateKeyToAccount, sign } from "viem/accounts";

/** What to make. */
export interface DemoBatchOptions {
  /** Leaf proofs that the batch fills, two transfers each; 1 or more. The program makes 2 leaves at least. */
  leaves: number;
  /** Same seed, same batch. */
  seed: string;
}

/** Inputs of the rollup's workflow: JSON as bytes. */
export interface DemoBatch {
  state: Uint8Array;
  batch: Uint8Array;
}

const ACCOUNTS = 8;
const TRANSFERS_PER_LEAF = 2;
const OPENING_BALANCE = 1_000_000n;
const MAX_AMOUNT = 1_000n;

/** First bytes of every signed message. */
const DOMAIN = "froben.rollup.transfer.v1";

interface Transfer {
  from: number;
  to: number;
  amount: bigint;
  nonce: number;
}

const encoder = new TextEncoder();
const toJson = (value: unknown) => encoder.encode(`${JSON.stringify(value)}\n`);

const randomNumber = (seed: string, label: string): bigint =>
  hexToBigInt(keccak256(encodePacked(["string", "string"], [seed, `/${label}`])));

/** A secret key: a hash is below the curve's order but with a chance of 2^-128. */
const secretKey = (seed: string, account: number): Hex =>
  `0x${randomNumber(seed, `key/${account}`).toString(16).padStart(64, "0")}`;

/** Signs a transfer as the rollup's circuit wants it: r and s, 64 bytes, over the SHA-256 of the packed fields. */
async function signTransfer({ from, to, amount, nonce }: Transfer, privateKey: Hex): Promise<Hex> {
  const message = encodePacked(
    ["string", "uint16", "uint16", "uint64", "uint32"],
    [DOMAIN, from, to, amount, nonce],
  );
  const { r, s } = await sign({ hash: sha256(message), privateKey });
  return `0x${r.slice(2).padStart(64, "0")}${s.slice(2).padStart(64, "0")}`;
}

/** The `i`-th transfer: senders take turns, receivers and amounts are drawn from the seed. */
function drawTransfer(seed: string, i: number): Transfer {
  const from = i % ACCOUNTS;
  const step = 1 + Number(randomNumber(seed, `to/${i}`) % BigInt(ACCOUNTS - 1));
  return {
    from,
    to: (from + step) % ACCOUNTS,
    amount: 1n + (randomNumber(seed, `amount/${i}`) % MAX_AMOUNT),
    nonce: Math.floor(i / ACCOUNTS),
  };
}

/**
 * Makes a state of 8 accounts and a batch of valid transfers between them.
 * @throws RangeError when `leaves` is not a whole number from 1, or so large that an account could run dry
 */
export async function makeDemoBatch({ leaves, seed }: DemoBatchOptions): Promise<DemoBatch> {
  const count = leaves * TRANSFERS_PER_LEAF;
  const mostTransfers = Number(OPENING_BALANCE / MAX_AMOUNT) * ACCOUNTS;
  if (!Number.isInteger(leaves) || leaves < 1 || count > mostTransfers) {
    throw new RangeError(
      `leaves: must be 1 to ${mostTransfers / TRANSFERS_PER_LEAF}, got ${leaves}`,
    );
  }
  const keys = Array.from({ length: ACCOUNTS }, (_, i) => secretKey(seed, i));
  const accounts = keys.map((key) => ({
    // viem's public key starts with the byte 04, for "uncompressed".
    key: `0x${privateKeyToAccount(key).publicKey.slice(4)}`,
    balance: OPENING_BALANCE.toString(),
    nonce: 0,
  }));
  const transfers = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const transfer = drawTransfer(seed, i);
      const signature = await signTransfer(transfer, keys[transfer.from]!);
      return { ...transfer, amount: transfer.amount.toString(), signature };
    }),
  );
  return { state: toJson({ accounts }), batch: toJson({ transfers }) };
}
