import type { Request } from "express";
import { eq } from "drizzle-orm";
import type { Address } from "viem";
import { sha256, type Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { AUTH_HEADERS, verifyRequest } from "../../protocol/request-auth";
import type { Db } from "../db/client";
import { chainAccounts } from "../db/schema/chain";
import type { ApiDeps } from "./deps";

type MayActFor = (signer: Address, account: Address) => boolean;

/** For what only the account's own key may ask: delegates act for operators, not for requesters. */
export const ownKeyOnly: MayActFor = () => false;

/** Whether an account has made the signer its delegate, as of the newest block that was read. */
function isDelegate(db: Db, signer: Address, account: Address): boolean {
  const row = db
    .select({ delegate: chainAccounts.delegate })
    .from(chainAccounts)
    .where(eq(chainAccounts.address, account.toLowerCase() as Address))
    .get();
  return row?.delegate === signer.toLowerCase();
}

/**
 * Checks who signed a request, and that it is seen for the first time.
 * @param bodyDigest SHA-256 of the body; for an upload, of what will come
 * @param mayActFor whether a signer may ask for an account; its delegate if not given
 * @returns the account that the request is for, lower-case: the signer, or whose delegate that is
 * @throws FrobenError (401) `auth_missing`, `auth_malformed`, `auth_expired`, `auth_wrong_key`, `auth_replayed`
 */
export async function authenticate(
  deps: Pick<ApiDeps, "db" | "nonces" | "clock" | "domain">,
  request: Request,
  bodyDigest: Digest,
  mayActFor: MayActFor = (signer, account) => isDelegate(deps.db, signer, account),
): Promise<Address> {
  const now = deps.clock.now();
  const { address, nonce } = await verifyRequest(
    request.headers,
    deps.domain,
    { method: request.method, path: request.originalUrl, bodyDigest },
    now,
    mayActFor,
  );
  if (!deps.nonces.take(nonce, now))
    throw new FrobenError("auth_replayed", "this signed request was used before", {
      field: AUTH_HEADERS.nonce,
      value: nonce,
      status: 401,
      hint: "sign every request anew",
    });
  return address.toLowerCase() as Address;
}

/** Checks a request whose body was read as bytes. @param mayActFor as of `authenticate` */
export function authenticateBody(
  deps: ApiDeps,
  request: Request,
  mayActFor?: MayActFor,
): Promise<Address> {
  return authenticate(deps, request, sha256(bytesOf(request)), mayActFor);
}

/** @returns the body as received; empty when there was none */
export function bytesOf(request: Request): Uint8Array {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
