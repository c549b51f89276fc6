import {
  hashMessage,
  hashTypedData,
  keccak256,
  parseSignature,
  serializeTransaction,
  type Hex,
  type LocalAccount,
} from "viem";
import { privateKeyToAccount, publicKeyToAddress, toAccount } from "viem/accounts";

// Each request is signed and checked, and so is each batch of results. Bitcoin's library in C takes an eighth of the time of plain
// JavaScript, or less; its package has it ready-made for the usual machines, and on others JavaScript goes on.

type Library = Pick<typeof import("secp256k1"), "ecdsaSign" | "ecdsaRecover" | "publicKeyCreate">;

function load(): Library | undefined {
  try {
    // Not the package's main module, which has another JavaScript to fall back on.
    return require("secp256k1/bindings.js") as Library;
  } catch {
    return undefined;
  }
}

const library = load();

const bytes = (hex: string): Uint8Array => Buffer.from(hex, "hex");
const hexOf = (words: Uint8Array): Hex => `0x${Buffer.from(words).toString("hex")}`;

/** Signatures as accounts make them. */
const USUAL = /^0x[0-9a-f]{128}(00|01|1b|1c)$/i;

/**
 * Recovers who signed a hash.
 * @returns the public key, uncompressed; null when nobody did; undefined when somebody else must say: without the library, and of
 * signatures in another form than accounts make
 */
export function recoverKey(hash: Hex, signature: Hex): Hex | null | undefined {
  if (!library || !USUAL.test(signature)) return undefined;
  const parity = Number(`0x${signature.slice(130)}`) % 27;
  try {
    const words = bytes(signature.slice(2, 130));
    const key = library.ecdsaRecover(words, parity, bytes(hash.slice(2)), false);
    return hexOf(key);
  } catch {
    return null;
  }
}

/** An account that signs hashes. */
export type SigningAccount = LocalAccount & { sign: NonNullable<LocalAccount["sign"]> };

/** @returns an account as viem's of the same key, with the same signatures, that signs, and is made, the quick way */
export function quickAccount(privateKey: Hex): SigningAccount {
  if (!library) return privateKeyToAccount(privateKey);
  const { ecdsaSign, publicKeyCreate } = library;
  const key = bytes(privateKey.slice(2));
  const publicKey = hexOf(publicKeyCreate(key, false));
  const sign = ({ hash }: { hash: Hex }): Promise<Hex> => {
    const { signature, recid } = ecdsaSign(bytes(hash.slice(2)), key);
    return Promise.resolve(`${hexOf(signature)}${recid === 0 ? "1b" : "1c"}` as const);
  };
  const account = toAccount({
    address: publicKeyToAddress(publicKey),
    sign,
    signMessage: ({ message }) => sign({ hash: hashMessage(message) }),
    signTypedData: (typed) => sign({ hash: hashTypedData(typed) }),
    async signTransaction(transaction, { serializer = serializeTransaction } = {}) {
      const hash = keccak256(await serializer(transaction));
      return serializer(transaction, parseSignature(await sign({ hash })));
    },
  });
  return { ...account, sign, publicKey };
}
