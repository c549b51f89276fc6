import { createKeccak, type IHasher } from "hash-wasm";
import { keccak256 as plainKeccak256, type Hex } from "viem";

// Every task is hashed a dozen times on its way, and WebAssembly, whose words have 64 bits as Keccak's do, takes a fifth of the time.

let hasher: IHasher | undefined;

/** Resolves once the module is compiled, milliseconds after the start; until then plain JavaScript hashes. */
export const keccakCompiled: Promise<void> = createKeccak(256).then((compiled) => {
  hasher = compiled;
});
keccakCompiled.catch(() => undefined); // where there is no WebAssembly, plain JavaScript goes on

/** @returns the Keccak-256 of bytes */
export function keccak256(bytes: Uint8Array): Hex {
  if (!hasher) return plainKeccak256(bytes);
  return `0x${hasher.init().update(bytes).digest("hex")}`;
}
