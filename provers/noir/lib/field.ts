/** Field elements as numbers, as bytes and as the hex strings that Noir takes. */

/** Order of the scalar field of BN254, over which the circuits run. */
export const FIELD_ORDER =
  21888242871839275222246405745257275088548364400416034343698204186575808495617n;

export type Hex = `0x${string}`;

/** 0x and 64 digits. */
export const toHex = (value: bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`;

/** 32 bytes, big-endian. */
export const toBytes32 = (value: bigint): Buffer => Buffer.from(toHex(value).slice(2), "hex");

/** Big-endian number. */
export const fromBytes = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).toString("hex")}`);

/** Splits bytes into field elements of 32 bytes, as Noir takes them. */
export function toFields(bytes: Uint8Array): Hex[] {
  const buffer = Buffer.from(bytes);
  return Array.from(
    { length: buffer.length / 32 },
    (_, i): Hex => `0x${buffer.toString("hex", 32 * i, 32 * i + 32)}`,
  );
}
