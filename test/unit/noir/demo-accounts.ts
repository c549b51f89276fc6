/** Accounts with known keys and transfers signed with them, for attacks on the rollup's circuit. */
import { encodePacked, sha256 } from "viem";
import { privateKeyToAccount, sign } from "viem/accounts";
import type { Account } from "../../../provers/noir/lib/account";
import { loadPoseidon2, type Poseidon2 } from "../../../provers/noir/lib/poseidon2";
import type { SignedTransfer } from "../../../provers/noir/lib/transfer";

export type UnsignedTransfer = Omit<SignedTransfer, "signature">;

/** Loads the hash function, for a `before` hook. */
export const hasher = (): Promise<Poseidon2> => loadPoseidon2();

const secret = (owner: number) => `0x${String(owner + 1).padStart(64, "0")}` as const;

/** An account whose secret key is known by its owner's number. */
export function account(owner: number, balance: bigint, nonce = 0): Account {
  const { publicKey } = privateKeyToAccount(secret(owner));
  return { key: Buffer.from(publicKey.slice(4), "hex"), balance, nonce };
}

/** Signs a transfer with the key of `signer`, by default the sender's. */
export async function signed(
  transfer: UnsignedTransfer,
  signer = transfer.from,
): Promise<SignedTransfer> {
  const { from, to, amount, nonce } = transfer;
  const message = encodePacked(
    ["string", "uint16", "uint16", "uint64", "uint32"],
    ["froben.rollup.transfer.v1", from, to, amount, nonce],
  );
  const { r, s } = await sign({ hash: sha256(message), privateKey: secret(signer) });
  const hex = r.slice(2).padStart(64, "0") + s.slice(2).padStart(64, "0");
  return { ...transfer, signature: Buffer.from(hex, "hex") };
}
