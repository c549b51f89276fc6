import { readFile } from "node:fs/promises";
import type { Hex, LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { FrobenError } from "../protocol/errors";

/**
 * The key that signs: from an encrypted keystore file (ethers v3 JSON, password in FROBEN_KEYSTORE_PASSWORD), or from FROBEN_KEY.
 * Never from a flag, which other users of the machine could read.
 * @throws FrobenError `key_missing`, `key_invalid`
 */
export async function readAccount(
  keystore: string | undefined,
  env: Record<string, string | undefined>,
): Promise<LocalAccount> {
  const path = keystore ?? env.FROBEN_KEYSTORE;
  if (path) {
    const { Wallet } = await import("ethers");
    try {
      const json = await readFile(path, "utf8");
      const wallet = await Wallet.fromEncryptedJson(json, env.FROBEN_KEYSTORE_PASSWORD ?? "");
      return privateKeyToAccount(wallet.privateKey as Hex);
    } catch (cause) {
      throw new FrobenError("key_invalid", `can't open the keystore ${path}`, {
        field: "--keystore",
        hint: "is FROBEN_KEYSTORE_PASSWORD right?",
        cause,
      });
    }
  }
  const key = env.FROBEN_KEY;
  if (!key)
    throw new FrobenError("key_missing", "this command signs, and has no key", {
      field: "FROBEN_KEY",
      hint: "set FROBEN_KEY, or give --keystore FILE with FROBEN_KEYSTORE_PASSWORD",
    });
  if (!/^0x[0-9a-fA-F]{64}$/.test(key))
    throw new FrobenError("key_invalid", "FROBEN_KEY is not a private key", {
      field: "FROBEN_KEY",
      hint: "0x and 64 hex characters",
    });
  return privateKeyToAccount(key as Hex);
}
