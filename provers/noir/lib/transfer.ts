/** Signed transfers: the JSON of a batch, what a sender signs, and when a transfer is valid. */
import { createPublicKey, verify } from "node:crypto";
import { z } from "zod";
import { InputRefused } from "../../lib/program-errors";
import {
  hexBytes,
  MAX_ACCOUNTS,
  MAX_BALANCE,
  MAX_NONCE,
  parseOrRefuse,
  uint64Text,
  type Account,
} from "./account";
import { fromBytes } from "./field";

/** First bytes of every signed message; the circuit holds the same. */
const DOMAIN = "froben.rollup.transfer.v1";

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const index = z
  .int()
  .min(0)
  .max(MAX_ACCOUNTS - 1);
const batchSchema = z.strictObject({
  transfers: z
    .array(
      z.strictObject({
        from: index,
        to: index,
        amount: uint64Text,
        nonce: z.int().min(0).max(MAX_NONCE),
        signature: hexBytes(64),
      }),
    )
    .min(1),
});

/** `signature` is r then s, 64 bytes, over the SHA-256 of the message, with the lower s. */
export type SignedTransfer = z.output<typeof batchSchema>["transfers"][number];

/** Parses a batch: `{"transfers":[{"from","to","amount","nonce","signature"}]}`. @throws InputRefused */
export const parseBatch = (value: unknown): SignedTransfer[] =>
  parseOrRefuse(batchSchema, value, "batch").transfers;

/** The 41 bytes whose SHA-256 the sender signs: domain, from, to, amount, nonce, big-endian. */
function transferMessage({ from, to, amount, nonce }: SignedTransfer): Buffer {
  const message = Buffer.alloc(41);
  message.write(DOMAIN);
  message.writeUInt16BE(from, 25);
  message.writeUInt16BE(to, 27);
  message.writeBigUInt64BE(amount, 29);
  message.writeUInt32BE(nonce, 37);
  return message;
}

function isSignedBy(key: Buffer, transfer: SignedTransfer): boolean {
  // Of the two signatures (s and -s) for one message the circuit takes the lower one only.
  if (fromBytes(transfer.signature.subarray(32)) > SECP256K1_ORDER / 2n) return false;
  try {
    const [x, y] = [key.subarray(0, 32), key.subarray(32)].map((half) =>
      half.toString("base64url"),
    );
    const publicKey = createPublicKey({
      key: { kty: "EC", crv: "secp256k1", x, y },
      format: "jwk",
    });
    return verify(
      "sha256",
      transferMessage(transfer),
      { key: publicKey, dsaEncoding: "ieee-p1363" },
      transfer.signature,
    );
  } catch {
    // The account's key is not a point of the curve.
    return false;
  }
}

/**
 * The two accounts of a transfer, when it is valid in this state.
 * @param position place in the batch, for the message
 * @throws InputRefused with what is wrong: the same rules as the circuit's, told in words
 */
export function checkTransfer(
  accounts: readonly Account[],
  transfer: SignedTransfer,
  position: number,
): { sender: Account; receiver: Account } {
  const refuse = (why: string): never => {
    throw new InputRefused(`batch: transfers.${position}: ${why}`);
  };
  const { from, to, amount, nonce } = transfer;
  const sender = accounts[from] ?? refuse(`from: no account ${from}`);
  const receiver = accounts[to] ?? refuse(`to: no account ${to}`);
  if (from === to) refuse("to: same as from");
  if (nonce !== sender.nonce) refuse(`nonce: is ${nonce}, the account's next is ${sender.nonce}`);
  if (nonce === MAX_NONCE) refuse("nonce: the account has sent all it can");
  if (amount > sender.balance) refuse(`amount: is ${amount}, the balance is ${sender.balance}`);
  if (receiver.balance + amount > MAX_BALANCE) refuse("amount: the receiver would pass 2^64 - 1");
  if (!isSignedBy(sender.key, transfer)) refuse("signature: is not the sender's");
  return { sender, receiver };
}
