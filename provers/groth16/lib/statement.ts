/** The statement of a membership proof: abi.encode(uint256 depth, root, nullifier, message, scope), 160 bytes. */
import { readFile } from "node:fs/promises";
import { InputRefused } from "../../lib/program-io";
import { MAX_DEPTH, MIN_DEPTH } from "./depth";
import { SCALAR_FIELD } from "./field";
import { decodeWords, encodeWords } from "./words";

/** What the proof proves: a member of the tree `root` signals `message` once in `scope`. */
export interface MembershipStatement {
  depth: number;
  root: bigint;
  nullifier: bigint;
  message: bigint;
  scope: bigint;
}

/** Public signals in the circuit's order, which is also that of the Solidity verifier. */
const SIGNALS = ["root", "nullifier", "message", "scope"] as const;

/** The four public signals that a statement fixes. */
export function publicSignals(statement: MembershipStatement): bigint[] {
  return SIGNALS.map((name) => statement[name]);
}

/** The statement as 160 bytes. */
export function encodeStatement(statement: MembershipStatement): Uint8Array {
  return encodeWords([BigInt(statement.depth), ...publicSignals(statement)]);
}

/** Reads a statement. @throws InputRefused when it has another length or a value out of range. */
export function decodeStatement(bytes: Uint8Array): MembershipStatement {
  const words = decodeWords(bytes, 1 + SIGNALS.length);
  if (!words) throw new InputRefused(`statement: wants 160 bytes, has ${bytes.length}`);
  const [depth, root, nullifier, message, scope] = words as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  if (depth < MIN_DEPTH || depth > MAX_DEPTH) {
    throw new InputRefused(`statement: depth ${depth} is not in ${MIN_DEPTH} to ${MAX_DEPTH}`);
  }
  const statement = { depth: Number(depth), root, nullifier, message, scope };
  for (const name of SIGNALS) {
    if (statement[name] >= SCALAR_FIELD) {
      throw new InputRefused(`statement: ${name} is not below the scalar field's order`);
    }
  }
  return statement;
}

/** Reads a statement file. @throws InputRefused as `decodeStatement`. */
export async function readStatement(path: string): Promise<MembershipStatement> {
  return decodeStatement(await readFile(path));
}

/**
 * What differs between the statement and a proof's or a request's values, in words.
 * @returns undefined when nothing does
 */
export function statementMismatch(
  statement: MembershipStatement,
  other: Partial<Record<keyof MembershipStatement, bigint | number | string>>,
  otherName: string,
): string | undefined {
  for (const [name, value] of Object.entries(other)) {
    const stated = statement[name as keyof MembershipStatement];
    if (BigInt(value) !== BigInt(stated)) {
      return `${name}: the statement has ${stated}, the ${otherName} has ${value}`;
    }
  }
  return undefined;
}

/** Names the public signals of a proof. */
export function namedSignals(signals: readonly string[]): Record<(typeof SIGNALS)[number], string> {
  if (signals.length !== SIGNALS.length) throw new Error(`got ${signals.length} public signals`);
  return Object.fromEntries(SIGNALS.map((name, index) => [name, signals[index]])) as Record<
    (typeof SIGNALS)[number],
    string
  >;
}
