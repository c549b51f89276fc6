import { randomBytes } from "node:crypto";
import {
  getAddress,
  isAddress,
  type Address,
  type Hex,
  type LocalAccount,
  type TypedDataDomain,
} from "viem";
import { sha256, toBytes32, type Digest } from "./digest";
import type { RequestMessage } from "./eip712";
import { FrobenError } from "./errors";
import { LIMITS } from "./limits";
import { isSignedFor, signTyped } from "./typed-hash";

/** Names of the four headers of a signed request. */
export const AUTH_HEADERS = {
  address: "x-froben-address",
  timestamp: "x-froben-timestamp",
  nonce: "x-froben-nonce",
  signature: "x-froben-signature",
} as const;

/**
 * Signs an HTTP request (EIP-712 type Request).
 * @param body the body's bytes, or the digest of a streamed upload
 * @param now Unix time, milliseconds
 * @param onBehalfOf an operator whose delegate the account is; the account itself if not given
 * @returns the headers to send
 */
export async function signRequest(
  account: LocalAccount,
  domain: TypedDataDomain,
  request: { method: string; path: string; body: Uint8Array | string | { digest: Digest } },
  now: number,
  onBehalfOf: Address = account.address,
): Promise<Record<string, string>> {
  const { body } = request;
  const digest = typeof body === "object" && "digest" in body ? body.digest : sha256(body);
  const message: RequestMessage = {
    account: onBehalfOf,
    method: request.method,
    path: request.path,
    bodyDigest: toBytes32(digest),
    timestamp: BigInt(now),
    nonce: `0x${randomBytes(32).toString("hex")}`,
  };
  const signature = await signTyped(account, { domain, primaryType: "Request", message });
  return {
    [AUTH_HEADERS.address]: onBehalfOf,
    [AUTH_HEADERS.timestamp]: String(now),
    [AUTH_HEADERS.nonce]: message.nonce,
    [AUTH_HEADERS.signature]: signature,
  };
}

const unauthorized = (code: string, message: string, details: object = {}) =>
  new FrobenError(code, message, { status: 401, ...details });

/**
 * Checks a signed request, except for whether its nonce was seen before, which the caller must remember for `maxRequestAgeMs`.
 * @param bodyDigest SHA-256 of the body as received
 * @param now Unix time, milliseconds
 * @param mayActFor whether a signer is an account's delegate; nobody is if not given
 * @returns the account that the request is for, and the nonce
 * @throws FrobenError (401) `auth_missing`, `auth_malformed`, `auth_expired`, `auth_wrong_key`
 */
export async function verifyRequest(
  headers: Record<string, string | string[] | undefined>,
  domain: TypedDataDomain,
  request: { method: string; path: string; bodyDigest: Digest },
  now: number,
  mayActFor: (signer: Address, account: Address) => boolean = () => false,
): Promise<{ address: Address; nonce: Hex }> {
  const read = (name: string): string => {
    const value = headers[name];
    if (typeof value !== "string")
      throw unauthorized("auth_missing", "the request is not signed", { field: name });
    return value;
  };
  const [address, stamp, nonce, signature] = Object.values(AUTH_HEADERS).map(read) as [
    string,
    string,
    string,
    string,
  ];
  if (!isAddress(address, { strict: false }))
    throw unauthorized("auth_malformed", "not an address", { field: AUTH_HEADERS.address });
  if (!/^\d{1,15}$/.test(stamp))
    throw unauthorized("auth_malformed", "not a time", { field: AUTH_HEADERS.timestamp });
  if (!/^0x[0-9a-f]{64}$/.test(nonce))
    throw unauthorized("auth_malformed", "not 32 bytes", { field: AUTH_HEADERS.nonce });
  const age = now - Number(stamp);
  if (Math.abs(age) > LIMITS.maxRequestAgeMs)
    throw unauthorized("auth_expired", "the request is too old, or the clocks differ", {
      field: AUTH_HEADERS.timestamp,
      limit: LIMITS.maxRequestAgeMs,
      value: age,
      hint: "check this machine's clock",
    });
  const message: RequestMessage = {
    account: address,
    method: request.method,
    path: request.path,
    bodyDigest: toBytes32(request.bodyDigest),
    timestamp: BigInt(stamp),
    nonce: nonce as Hex,
  };
  const typed = { domain, primaryType: "Request", message } as const;
  const counts = (signer: Address) => mayActFor(signer, address);
  if (!(await isSignedFor(typed, signature as Hex, address, counts)))
    throw unauthorized("auth_wrong_key", "the signature is not by this address", {
      field: AUTH_HEADERS.signature,
      value: address,
    });
  return { address: getAddress(address), nonce: nonce as Hex };
}
