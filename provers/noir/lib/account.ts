/** Accounts of the rollup and the JSON in which programs exchange the state. */
import { z } from "zod";
import { InputRefused } from "../../lib/program-errors";
import { fromBytes } from "./field";
import type { Poseidon2 } from "./poseidon2";

/** Accounts that the circuit's tree of depth 16 holds. */
export const MAX_ACCOUNTS = 2 ** 16;
export const MAX_BALANCE = 2n ** 64n - 1n;
export const MAX_NONCE = 2 ** 32 - 1;

export interface Account {
  /** Uncompressed secp256k1 public key, x then y, 64 bytes. */
  key: Buffer;
  balance: bigint;
  /** Number of transfers sent. */
  nonce: number;
}

/** A whole number below 2^64 as decimal text. */
export const uint64Text = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/)
  .transform(BigInt)
  .refine((value) => value <= MAX_BALANCE, "must be below 2^64");

export const hexBytes = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${2 * length}}$`), `must be 0x and ${length} bytes in hex`)
    .transform((text) => Buffer.from(text.slice(2), "hex"));

const stateSchema = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        key: hexBytes(64),
        balance: uint64Text,
        nonce: z.int().min(0).max(MAX_NONCE),
      }),
    )
    .min(1)
    .max(MAX_ACCOUNTS),
});

/** Says where in a document the first mistake is. */
export function parseOrRefuse<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new InputRefused(`${name}: ${issue.path.join(".") || "document"}: ${issue.message}`);
}

/** Parses a state: `{"accounts":[{"key","balance","nonce"}]}`; an account's index is its place. @throws InputRefused */
export const parseState = (value: unknown): Account[] =>
  parseOrRefuse(stateSchema, value, "state").accounts;

/** The state as JSON, byte for byte the same for the same accounts. */
export function formatState(accounts: readonly Account[]): string {
  const entries = accounts.map(({ key, balance, nonce }) => ({
    key: `0x${key.toString("hex")}`,
    balance: balance.toString(),
    nonce,
  }));
  return `${JSON.stringify({ accounts: entries })}\n`;
}

/** Leaf of the state tree; the circuit's `Account::hash`. */
export function hashAccount(poseidon2: Poseidon2, { key, balance, nonce }: Account): bigint {
  const halves = [0, 16, 32, 48].map((at) => fromBytes(key.subarray(at, at + 16)));
  return poseidon2([...halves, balance, BigInt(nonce)]);
}
