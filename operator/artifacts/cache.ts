/** Who calls it: the transfer (downloads), the task runner (inputs, results). Files named by their SHA-256. */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync } from "node:fs";
import {
  chmod,
  copyFile,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { sha256, type Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { LIMITS } from "../../protocol/limits";

export interface ArtifactCache {
  has(digest: Digest): boolean;
  path(digest: Digest): string;
  bytes(digest: Digest): Promise<Buffer>;
  putBytes(bytes: Uint8Array): Promise<Digest>;
  /** Takes a copy of a file. @throws FrobenError `artifact_too_large` */
  putFile(path: string): Promise<Digest>;
  /** @throws FrobenError `artifact_too_large`, `artifact_digest_mismatch`; then nothing is kept */
  putStream(stream: Readable, digest: Digest): Promise<void>;
  /** Copies an artifact to where a program may read it; the cache's own file stays out of its reach. */
  copyTo(digest: Digest, path: string): Promise<void>;
  /** Deletes the least recently written files until the rest fits, except those in `keep`. */
  prune(maxBytes: number, keep: Set<Digest>): Promise<void>;
}

const tooLarge = (bytes: number) =>
  new FrobenError("artifact_too_large", "the artifact is larger than the market allows", {
    limit: LIMITS.maxArtifactBytes,
    value: bytes,
    status: 413,
  });

/** Hashes what passes, and stops at the size limit. */
function hashing(hash: ReturnType<typeof createHash>): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > LIMITS.maxArtifactBytes) return done(tooLarge(size));
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

/** @param root folder of the cache; made if missing */
export function createArtifactCache(root: string): ArtifactCache {
  const incoming = join(root, "incoming");
  mkdirSync(incoming, { recursive: true });
  const pathOf = (digest: Digest) => join(root, digest.slice(0, 2), digest);

  async function adopt(file: string, digest: Digest): Promise<void> {
    mkdirSync(join(root, digest.slice(0, 2)), { recursive: true });
    await chmod(file, 0o444);
    const handle = await open(file, "r");
    await handle.sync();
    await handle.close();
    await rename(file, pathOf(digest));
  }
  /** Runs `fill` on a temporary file that is gone afterwards unless it was adopted. */
  async function viaTemp<T>(fill: (file: string) => Promise<T>): Promise<T> {
    const file = join(incoming, randomUUID());
    try {
      return await fill(file);
    } finally {
      await rm(file, { force: true });
    }
  }
  async function store(stream: Readable, expected?: Digest): Promise<Digest> {
    return viaTemp(async (file) => {
      const hash = createHash("sha256");
      await pipeline(stream, hashing(hash), createWriteStream(file));
      const digest = hash.digest("hex");
      if (expected !== undefined && digest !== expected)
        throw new FrobenError("artifact_digest_mismatch", "the bytes do not match their digest", {
          limit: expected,
          value: digest,
          retryable: true,
          status: 422,
        });
      await adopt(file, digest);
      return digest;
    });
  }

  return {
    has: (digest) => existsSync(pathOf(digest)),
    path: pathOf,
    bytes: (digest) => readFile(pathOf(digest)),
    async putBytes(bytes) {
      const digest = sha256(bytes);
      await viaTemp(async (file) => {
        await writeFile(file, bytes);
        await adopt(file, digest);
      });
      return digest;
    },
    async putFile(path) {
      const { size } = await stat(path);
      if (size > LIMITS.maxArtifactBytes) throw tooLarge(size);
      return store(createReadStream(path));
    },
    async putStream(stream, digest) {
      await store(stream, digest);
    },
    async copyTo(digest, path) {
      await copyFile(pathOf(digest), path);
    },
    async prune(maxBytes, keep) {
      const files: { path: string; size: number; at: number; digest: string }[] = [];
      for (const folder of await readdir(root)) {
        if (folder === "incoming") continue;
        for (const digest of await readdir(join(root, folder))) {
          const path = join(root, folder, digest);
          const { size, mtimeMs } = await stat(path);
          files.push({ path, size, at: mtimeMs, digest });
        }
      }
      let total = files.reduce((sum, file) => sum + file.size, 0);
      for (const file of files.sort((a, b) => a.at - b.at)) {
        if (total <= maxBytes) break;
        if (keep.has(file.digest)) continue;
        await rm(file.path, { force: true });
        total -= file.size;
      }
    },
  };
}
