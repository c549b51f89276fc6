import type { Hex, PrivateKeyAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";

// Each request is signed and checked, and so is each batch of results. Bitcoin's library in C takes an eighth of the time of plain
// JavaScript, or less; its package has it ready-made for the usual machines, and on others JavaScript goes on.

type Library = Pick<typeof import("secp256k1"), "ecdsaSign" | "ecdsaRecover">;

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
    return `0x${Buffer.from(key).toString("hex")}`;
  } catch {
    return null;
  }
}

/** @returns viem's account of a key, which signs hashes the quick way: the same signatures */
export function quickAccount(privateKey: Hex): PrivateKeyAccount {
  const account = privateKeyToAccount(privateKey);
  if (!library) return account;
  const { ecdsaSign } = library;
  const key = bytes(privateKey.slice(2));
  return {
    ...account,
    sign({ hash }): Promise<Hex> {
      const { signature, recid } = ecdsaSign(bytes(hash.slice(2)), key);
      const v = recid === 0 ? "1b" : "1c";
      const words = Buffer.from(signature).toString("hex");
      return Promise.resolve(`0x${words}${v}` as const);
    },
  };
}
