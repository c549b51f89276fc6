import type { Readable } from "node:stream";
import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";

/** Where artifacts live. Bytes are named by their SHA-256, so that nothing is ever overwritten. Another kind of storage is one module. */
export interface ArtifactStore {
  /**
   * Takes bytes in, which become visible only whole, and only if they are what their name says.
   * @param limit most bytes
   * @param whole called when all bytes are there and right, before they become visible
   * @returns the size, and whether it was new
   * @throws FrobenError `artifact_digest_mismatch` (422), `artifact_too_large` (413)
   */
  put(
    source: AsyncIterable<Uint8Array>,
    digest: Digest,
    limit: number,
    whole?: () => Promise<void>,
  ): Promise<{ size: number; created: boolean }>;
  /** Keeps bytes that the coordinator made itself. @returns their digest */
  write(bytes: Uint8Array | string): Promise<Digest>;
  has(digest: Digest): Promise<boolean>;
  /** @returns bytes @throws FrobenError 404 `artifact_missing` */
  size(digest: Digest): Promise<number>;
  /** @throws FrobenError 404 `artifact_missing` */
  read(digest: Digest): Promise<Uint8Array>;
  /** @param range first and last byte, both included @throws FrobenError 404 `artifact_missing` */
  stream(digest: Digest, range?: { start: number; end: number }): Promise<Readable>;
  /** Digests of all artifacts, in no order. */
  all(): AsyncIterable<Digest>;
  /** A path at which a program of this machine may read the bytes. @throws FrobenError 404 `artifact_missing` */
  path(digest: Digest): Promise<string>;
  /** Removes an artifact for good. @returns its bytes; undefined when there was none */
  remove(digest: Digest): Promise<number | undefined>;
}

/** @returns the error of everything that looks for an artifact which is not there */
export const missing = (digest: Digest) =>
  new FrobenError("artifact_missing", `there is no artifact ${digest}`, {
    field: "digest",
    value: digest,
    status: 404,
    retryable: true,
  });
