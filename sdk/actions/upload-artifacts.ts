import { sha256, type Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { LIMITS } from "../../protocol/limits";
import type { Client } from "../client";
import { apiFetch } from "../http";
import { retrying } from "../wait";

const UPLOADS_AT_ONCE = 4;
const RETRY_MS = 30_000;

async function exists(client: Client, path: string): Promise<boolean> {
  try {
    await apiFetch(client.coordinatorUrl, { method: "HEAD", path });
    return true;
  } catch (error) {
    if (error instanceof FrobenError && error.status === 404) return false;
    throw error;
  }
}

async function upload(client: Client, digest: Digest, bytes: Uint8Array): Promise<boolean> {
  const path = `/v1/artifacts/${digest}`;
  return retrying(
    async () => {
      if (await exists(client, path)) return false;
      await client.signed({ method: "PUT", path, body: bytes, bodyDigest: digest });
      return true;
    },
    { timeoutMs: RETRY_MS },
  );
}

/**
 * Gives artifacts to the coordinator's store, those that it does not have yet.
 * @param artifacts bytes by their SHA-256
 * @returns how many were sent
 * @throws FrobenError `artifact_digest_mismatch`, `artifact_too_large` before anything is sent; the API's errors
 */
export async function uploadArtifacts(
  client: Client,
  artifacts: Map<Digest, Uint8Array>,
): Promise<number> {
  for (const [digest, bytes] of artifacts) {
    if (bytes.byteLength > LIMITS.maxArtifactBytes)
      throw new FrobenError("artifact_too_large", "the artifact is too large", {
        field: digest,
        limit: LIMITS.maxArtifactBytes,
        value: bytes.byteLength,
      });
    const found = sha256(bytes);
    if (found !== digest)
      throw new FrobenError("artifact_digest_mismatch", "the bytes have another SHA-256", {
        field: digest,
        limit: digest,
        value: found,
      });
  }
  const waiting = artifacts.entries();
  let sent = 0;
  const worker = async () => {
    for (const [digest, bytes] of waiting) if (await upload(client, digest, bytes)) sent++;
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
  return sent;
}
