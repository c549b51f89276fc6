import canonicalizeJson from "canonicalize";
import { createHash } from "node:crypto";
import { z } from "zod";
import { FrobenError } from "./errors";

/** SHA-256 as 64 lower-case hex characters, without a prefix: the name of an artifact. */
export type Digest = string;

export const digestSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 digest: 64 lower-case hex characters");

/** 32 bytes with a 0x prefix, as the chain sees a digest. */
export type Bytes32 = `0x${string}`;

export const ZERO_BYTES32: Bytes32 = `0x${"00".repeat(32)}`;

/** @returns the SHA-256 of bytes, or of a string's UTF-8 */
export function sha256(data: Uint8Array | string): Digest {
  return createHash("sha256").update(data).digest("hex");
}

/** Deeper values are not looked through. */
const PLAIN_DEPTH = 32;

/** Whether `JSON.stringify` makes canonical JSON of a value: it is of plain objects, whose members are in order already, and arrays. */
function isInOrder(value: unknown, depth = 0): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isFinite(value);
  if (value === null || typeof value === "boolean") return true;
  if (typeof value !== "object" || depth === PLAIN_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) if (!isInOrder(item, depth + 1)) return false;
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype || "toJSON" in value) return false;
  let last: string | undefined;
  // Whatever the prototype has would be gone through, too, and is not written.
  for (const key in value) {
    if (last !== undefined && key <= last) return false;
    if (!Object.hasOwn(value, key) || !key.isWellFormed()) return false;
    if (!isInOrder((value as Record<string, unknown>)[key], depth + 1)) return false;
    last = key;
  }
  return true;
}

/**
 * Canonical JSON (RFC 8785): the same value gives the same bytes in every language.
 * @throws FrobenError `not_json` for a value that JSON can't hold
 */
export function canonicalJson(value: unknown): string {
  // Takes less than half the time for a decision's record, and most of what is written often is made in order.
  if (isInOrder(value)) return JSON.stringify(value);
  const text = canonicalizeJson(value);
  if (text === undefined) throw new FrobenError("not_json", "the value has no JSON form");
  return text;
}

/** @returns the SHA-256 of a value's canonical JSON */
export function digestOf(value: unknown): Digest {
  return sha256(canonicalJson(value));
}

export function toBytes32(digest: Digest): Bytes32 {
  return `0x${digest}`;
}

export function fromBytes32(bytes: Bytes32): Digest {
  return bytes.slice(2).toLowerCase();
}
