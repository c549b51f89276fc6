/** Inputs of the leaf circuit, in the form that Noir takes. */
import type { Account } from "./account";
import { toHex, type Hex } from "./field";
import { DEPTH } from "./state-tree";
import type { SignedTransfer } from "./transfer";

/** Transfers that one leaf holds. */
export const SLOTS = 2;

export interface LeafInput {
  merge_vk_hash: Hex;
  old_root: Hex;
  new_root: Hex;
  transfers: LeafSlot[];
}

type LeafSlot = ReturnType<typeof leafSlot>;

/** What a slot shows of a transfer; the receiver as it is after the sender was debited. */
export interface OpenedTransfer {
  transfer: SignedTransfer;
  sender: Account;
  senderPath: bigint[];
  receiver: Account;
  receiverPath: bigint[];
}

const bytes = (buffer: Buffer) => [...buffer];

const accountInput = ({ key, balance, nonce }: Account) => ({
  key_x: bytes(key.subarray(0, 32)),
  key_y: bytes(key.subarray(32)),
  balance: balance.toString(),
  nonce: String(nonce),
});

/** A slot that holds a transfer. */
function leafSlot(
  { transfer, sender, senderPath, receiver, receiverPath }: OpenedTransfer,
  enabled = true,
) {
  return {
    enabled,
    from: String(transfer.from),
    to: String(transfer.to),
    amount: transfer.amount.toString(),
    nonce: String(transfer.nonce),
    signature: bytes(transfer.signature),
    sender: accountInput(sender),
    sender_path: senderPath.map(toHex),
    receiver: accountInput(receiver),
    receiver_path: receiverPath.map(toHex),
  };
}

/** Key of the secret 1: the generator of secp256k1. */
const PADDING_ACCOUNT: Account = {
  key: Buffer.from(
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" +
      "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
    "hex",
  ),
  balance: 0n,
  nonce: 0,
};

/** An empty slot is signed too, by the secret 1, because the backend wants points of the curve in every signature. */
const PADDING = leafSlot(
  {
    transfer: {
      from: 0,
      to: 0,
      amount: 0n,
      nonce: 0,
      signature: Buffer.from(
        "7878767e41f3c5bbe16aa78a8b6daa649764e75cfdc12d2e38cf96d2de7ff6f35a020ad3a6fcebbcb01075095d032fd1640690d946886d705e0cc4417e54c0f0",
        "hex",
      ),
    },
    sender: PADDING_ACCOUNT,
    senderPath: Array<bigint>(DEPTH).fill(0n),
    receiver: PADDING_ACCOUNT,
    receiverPath: Array<bigint>(DEPTH).fill(0n),
  },
  false,
);

/** Input of a leaf that holds up to `SLOTS` transfers. */
export function leafInput(
  oldRoot: bigint,
  newRoot: bigint,
  transfers: readonly OpenedTransfer[],
): LeafInput {
  return {
    merge_vk_hash: toHex(0n),
    old_root: toHex(oldRoot),
    new_root: toHex(newRoot),
    transfers: Array.from({ length: SLOTS }, (_, i) => {
      const opened = transfers[i];
      return opened ? leafSlot(opened) : PADDING;
    }),
  };
}
