/** Poseidon2 over BN254 as Barretenberg computes it; the circuits' `poseidon2::hash` is the same function. */
import { fromBytes, toBytes32 } from "./field";

/** Hash of a message of field elements. */
export type Poseidon2 = (message: readonly bigint[]) => bigint;

/** Loads Barretenberg's WASM, about 0.3 s; a hash of two elements then takes about 60 microseconds. */
export async function loadPoseidon2(): Promise<Poseidon2> {
  const { BarretenbergSync } = await import("@aztec/bb.js");
  const api = await BarretenbergSync.initSingleton();
  return (message) => fromBytes(api.poseidon2Hash({ inputs: message.map(toBytes32) }).hash);
}
