import type { Address, LocalAccount, TypedDataDomain } from "viem";
import { FrobenError, type ErrorBody } from "../protocol/errors";
import { signRequest } from "../protocol/request-auth";
import type { Digest } from "../protocol/digest";

/** One request to the coordinator's API. */
export interface ApiRequest {
  method: "GET" | "HEAD" | "POST" | "PUT";
  /** Path with query, from the root of the API, e.g. "/v1/market". */
  path: string;
  /** Sent as JSON, or as it is when it is bytes. */
  body?: unknown;
  /** Digest to sign instead of the body's own: that of an uploaded artifact. */
  bodyDigest?: Digest;
  /** First byte that is wanted, where that is not the first of all. */
  from?: number;
  signal?: AbortSignal | undefined;
}

/** Who signs requests, and for which market. */
export interface Signer {
  account: LocalAccount;
  domain: TypedDataDomain;
  /** An operator whose delegate the account is; unset: for itself. */
  onBehalfOf?: Address;
}

async function errorOf(response: Response, request: ApiRequest): Promise<FrobenError> {
  const body = (await response.json().catch(() => undefined)) as { error?: ErrorBody } | undefined;
  if (typeof body?.error?.code === "string")
    return new FrobenError(body.error.code, body.error.message, {
      ...body.error,
      status: response.status,
    });
  return new FrobenError(
    "http_error",
    `${request.method} ${request.path} answered ${response.status}`,
    { status: response.status, retryable: response.status >= 500 || response.status === 429 },
  );
}

/**
 * Sends a request to the coordinator, signed if a signer is given.
 * @param baseUrl of the coordinator, e.g. "http://127.0.0.1:8100"
 * @returns the response, which is a success
 * @throws FrobenError the API's own error, `http_error`, or `coordinator_unreachable` (retryable)
 */
export async function apiFetch(
  baseUrl: string,
  request: ApiRequest,
  signer?: Signer,
): Promise<Response> {
  const url = new URL(baseUrl.replace(/\/+$/, "") + request.path);
  const raw = request.body instanceof Uint8Array;
  const body = raw
    ? (request.body as Uint8Array)
    : request.body === undefined
      ? undefined
      : JSON.stringify(request.body);
  const headers: Record<string, string> = {};
  if (body !== undefined)
    headers["content-type"] = raw ? "application/octet-stream" : "application/json";
  if (request.from) headers.range = `bytes=${request.from}-`;
  if (signer) {
    const path = url.pathname + url.search;
    const signed = request.bodyDigest ? { digest: request.bodyDigest } : (body ?? "");
    const what = { method: request.method, path, body: signed };
    const { account, domain, onBehalfOf } = signer;
    Object.assign(headers, await signRequest(account, domain, what, Date.now(), onBehalfOf));
  }
  const init: RequestInit = { method: request.method, headers };
  if (body !== undefined) init.body = body as Uint8Array<ArrayBuffer> | string;
  if (request.signal) init.signal = request.signal;
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    if (request.signal?.aborted) throw cause;
    throw new FrobenError("coordinator_unreachable", `no answer from ${baseUrl}`, {
      retryable: true,
      status: 503,
      value: baseUrl,
      hint: "is the coordinator running, and is the URL right?",
      cause,
    });
  }
  if (!response.ok) throw await errorOf(response, request);
  return response;
}
