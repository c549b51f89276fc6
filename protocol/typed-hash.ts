import type { Address, Hex, LocalAccount, TypedDataDomain } from "viem";
import { TYPES } from "./eip712";
import { FrobenError } from "./errors";
import { keccak256 } from "./keccak";
import { KnownKeys } from "./known-keys";
import { addressWord, bytes32Word, keccakOf, uintWord } from "./words";

// EIP-712 hashes of the project's own messages. Each request is signed and checked; viem's general hashing takes as long as the signing.

type Name = keyof typeof TYPES;
type Message = Readonly<Record<string, unknown>>;
/** A message of the project with its market. */
export interface Typed {
  /** See `marketDomain`. */
  domain: TypedDataDomain;
  primaryType: Name;
  /** All fields of its type. */
  message: object;
}
type Field = (typeof TYPES)[Name][number];

const typeHash = (name: string, fields: readonly { name: string; type: string }[]): string =>
  keccak256(
    Buffer.from(`${name}(${fields.map((field) => `${field.type} ${field.name}`).join(",")})`),
  ).slice(2);

/** By the name of the message. */
const TYPE_HASHES = Object.fromEntries(
  Object.entries(TYPES).map(([name, fields]) => [name, typeHash(name, fields)]),
) as Record<Name, string>;

const DOMAIN_HASH = typeHash("EIP712Domain", [
  { name: "name", type: "string" },
  { name: "version", type: "string" },
  { name: "chainId", type: "uint256" },
  { name: "verifyingContract", type: "address" },
]);

const textWord = (text: string): string => keccak256(Buffer.from(text)).slice(2);

function word(type: Field["type"], value: unknown): string {
  if (type === "string") return textWord(value as string);
  if (type === "address") return addressWord(value as Address);
  if (type === "bytes32") return bytes32Word(value as Hex);
  return uintWord(value as number | bigint, Number(type.slice("uint".length)));
}

/** Separators that were computed before, by chain and contract: a process works with one market, or a few. */
const separators = new Map<string, string>();
const MAX_SEPARATORS = 256;

function separatorOf({ name, version, chainId, verifyingContract }: TypedDataDomain): string {
  if (!name || !version || chainId === undefined || !verifyingContract)
    throw new FrobenError(
      "domain_incomplete",
      "a market's domain has a name, version, chain and contract",
    );
  const key = `${name}/${version}/${chainId}/${verifyingContract}`;
  let separator = separators.get(key);
  if (separator === undefined) {
    const place = uintWord(BigInt(chainId), 256) + addressWord(verifyingContract);
    separator = keccakOf(DOMAIN_HASH + textWord(name) + textWord(version) + place).slice(2);
    if (separators.size >= MAX_SEPARATORS) separators.clear();
    separators.set(key, separator);
  }
  return separator;
}

/**
 * @returns what a signature of the message is over, as viem's `hashTypedData`
 * @throws FrobenError `word_unfit` when a value does not fit its field
 */
export function typedHash({ domain, primaryType, message }: Typed): Hex {
  const values = message as Message;
  const fields = TYPES[primaryType].map(({ name, type }) => word(type, values[name]));
  const struct = keccakOf(TYPE_HASHES[primaryType] + fields.join(""));
  return keccakOf(`1901${separatorOf(domain)}${struct.slice(2)}`);
}

/** @returns the account's signature */
export function signTyped(account: LocalAccount, typed: Typed): Promise<Hex> {
  // Accounts that lie elsewhere, e.g. in a wallet, may want to see what they sign.
  if (account.sign) return account.sign({ hash: typedHash(typed) });
  const { domain, primaryType, message } = typed;
  return account.signTypedData({ domain, types: TYPES, primaryType, message } as never);
}

const keys = new KnownKeys();

/**
 * @param mayActFor whether another signer's signature counts as the account's own; nobody's if not given
 * @returns whether the account signed, or one that may act for it; false when a value does not fit its field
 */
export async function isSignedFor(
  typed: Typed,
  signature: Hex,
  account: Address,
  mayActFor?: (signer: Address) => boolean,
): Promise<boolean> {
  let hash: Hex;
  try {
    hash = typedHash(typed);
  } catch {
    return false;
  }
  return keys.isSignedFor(hash, signature, account, mayActFor);
}
