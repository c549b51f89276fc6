import type { Hex } from "viem";
import { FrobenError } from "./errors";
import { keccak256 } from "./keccak";

// ABI encoding of what is hashed for every task, word by word. viem's encoder takes any type, and ten times as long.

const WORD_DIGITS = 64;

const unfit = (limit: string, value: string) =>
  new FrobenError("word_unfit", `"${value}" is not a ${limit}`, { limit, value });

/** @returns an unsigned number as 64 hex digits @throws FrobenError `word_unfit` when it has more than `bits` bits */
export function uintWord(value: number | bigint, bits: number): string {
  const whole = typeof value === "bigint" || Number.isSafeInteger(value);
  const digits = whole && value >= 0 ? value.toString(16) : "";
  const fits = digits !== "" && (digits.length * 4 <= bits || BigInt(value) >> BigInt(bits) === 0n);
  if (!fits) throw unfit(`uint${bits}`, String(value));
  return digits.padStart(WORD_DIGITS, "0");
}

/** @returns a `bytes32` as 64 hex digits @throws FrobenError `word_unfit` */
export function bytes32Word(bytes: string): string {
  if (bytes.length !== WORD_DIGITS + 2) throw unfit("bytes32", bytes);
  return bytes.slice(2);
}

/** @returns an `address` as 64 hex digits @throws FrobenError `word_unfit` */
export function addressWord(address: string): string {
  if (address.length !== 42) throw unfit("address", address);
  return address.slice(2).padStart(WORD_DIGITS, "0");
}

/** @param digits hex, without a prefix @returns the Keccak-256 of the bytes */
export const keccakOf = (digits: string): Hex => keccak256(Buffer.from(digits, "hex"));
