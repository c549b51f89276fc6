/** Who calls it: the task runner fetches inputs, the reporter uploads results. Streams between the cache and the coordinator. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { Digest } from "../../protocol/digest";
import { FrobenError, type ErrorBody } from "../../protocol/errors";
import { signRequest } from "../../protocol/request-auth";
import { apiFetch, type Signer } from "../../sdk/http";
import type { Clock } from "../clock";
import { PATIENT, withRetry } from "../coordinator-client/retry";
import type { ArtifactCache, Incoming } from "./cache";

/** For so long the coordinator is not asked again whether it has an artifact, milliseconds. */
const TRUSTED_MS = 60_000;

export interface ArtifactTransfer {
  /** Makes sure that an artifact is in the cache. @throws FrobenError of the API, or `artifact_digest_mismatch` */
  fetch(digest: Digest, signal: AbortSignal): Promise<void>;
  /** Makes sure that the coordinator has an artifact of the cache. */
  upload(digest: Digest, signal: AbortSignal): Promise<void>;
}

/** Errors after which what has come is worth nothing. */
const RESTART = ["artifact_digest_mismatch", "range_invalid"];

function broken(what: string, cause: unknown): FrobenError {
  return cause instanceof FrobenError
    ? cause
    : new FrobenError("transfer_broken", `${what} broke off`, { retryable: true, cause });
}

/** @param baseUrl the coordinator's URL */
export function createArtifactTransfer(
  baseUrl: string,
  signer: Signer,
  cache: ArtifactCache,
  clock: Clock,
): ArtifactTransfer {
  const inFlight = new Map<Digest, Promise<void>>();
  /** When the coordinator was last seen to have an artifact, Unix milliseconds; the oldest first. */
  const uploaded = new Map<Digest, number>();
  const uploading = new Map<Digest, Promise<void>>();

  /** Asks for what is not here yet, so that a transfer that breaks off goes on where it was. */
  async function part(digest: Digest, incoming: Incoming, signal: AbortSignal): Promise<void> {
    const path = `/v1/artifacts/${digest}`;
    const from = incoming.size;
    try {
      const response = await apiFetch(baseUrl, { method: "GET", path, from, signal });
      if (from > 0 && response.status !== 206) await incoming.restart();
      if (response.body) await incoming.add(response.body);
      await incoming.finish();
    } catch (cause) {
      const useless = cause instanceof FrobenError && RESTART.includes(cause.code);
      if (!useless) throw broken(`the download of ${digest}`, cause);
      await incoming.restart();
      throw new FrobenError(cause.code, cause.message, { ...cause.toJSON(), retryable: true });
    }
  }

  async function download(digest: Digest, signal: AbortSignal): Promise<void> {
    const incoming = await cache.receive(digest);
    try {
      await withRetry(clock, PATIENT, signal, () => part(digest, incoming, signal));
    } finally {
      await incoming.close();
    }
  }

  async function isThere(path: string, signal: AbortSignal): Promise<boolean> {
    try {
      await apiFetch(baseUrl, { method: "HEAD", path, signal });
      return true;
    } catch (error) {
      if (error instanceof FrobenError && error.status === 404) return false;
      throw error;
    }
  }

  async function put(digest: Digest, path: string, signal: AbortSignal): Promise<void> {
    const url = new URL(baseUrl + path);
    const file = cache.path(digest);
    const { size } = await stat(file);
    const request = { method: "PUT", path: url.pathname, body: { digest } };
    const { account, domain, onBehalfOf } = signer;
    const headers = await signRequest(account, domain, request, clock.now(), onBehalfOf);
    const response = await fetch(url, {
      method: "PUT",
      headers: {
        ...headers,
        "content-type": "application/octet-stream",
        "content-length": String(size),
      },
      body: Readable.toWeb(createReadStream(file)) as RequestInit["body"],
      signal,
      duplex: "half",
    } as RequestInit & { duplex: "half" }).catch((cause: unknown) => {
      throw broken(`the upload of ${digest}`, cause);
    });
    if (response.ok) return;
    const body = (await response.json().catch(() => ({}))) as { error?: ErrorBody };
    throw new FrobenError(
      body.error?.code ?? "http_error",
      body.error?.message ?? "upload refused",
      {
        ...body.error,
        status: response.status,
        retryable: body.error?.retryable ?? response.status >= 500,
      },
    );
  }

  async function give(digest: Digest, signal: AbortSignal): Promise<void> {
    const path = `/v1/artifacts/${digest}`;
    await withRetry(clock, PATIENT, signal, async () => {
      if (!(await isThere(path, signal))) await put(digest, path, signal);
    });
    uploaded.set(digest, clock.now());
  }

  return {
    async fetch(digest, signal) {
      // Two tasks that need the same input download it once; what another's cancellation broke off starts again.
      for (let other = inFlight.get(digest); other; other = inFlight.get(digest))
        await other.catch(() => undefined);
      if (cache.has(digest)) return;
      const mine = download(digest, signal);
      const ended = mine.finally(() => inFlight.delete(digest));
      ended.catch(() => undefined); // whoever waits for it sees to it
      inFlight.set(digest, ended);
      await ended;
    },
    async upload(digest, signal) {
      for (const [old, at] of uploaded) {
        if (clock.now() - at <= TRUSTED_MS) break;
        uploaded.delete(old);
      }
      if (uploaded.has(digest)) return;
      let mine = uploading.get(digest);
      if (!mine) {
        mine = give(digest, signal).finally(() => uploading.delete(digest));
        uploading.set(digest, mine);
      }
      await mine;
    },
  };
}
