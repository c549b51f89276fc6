/** Who calls it: the transfer (downloads), the task runner (inputs, results). Files named by their SHA-256. */
import { createHash, randomUUID } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
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
import { pipeline } from "node:stream/promises";
import { sha256, type Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { LIMITS } from "../../protocol/limits";

export interface ArtifactCache {
  /** Whether an artifact is here; then it counts as used now. */
  has(digest: Digest): boolean;
  path(digest: Digest): string;
  bytes(digest: Digest): Promise<Buffer>;
  putBytes(bytes: Uint8Array): Promise<Digest>;
  /** Takes a copy of a file. @throws FrobenError `artifact_too_large` */
  putFile(path: string): Promise<Digest>;
  /** Begins to take in an artifact whose bytes may come in several parts. */
  receive(digest: Digest): Promise<Incoming>;
  /** Copies an artifact to where a program may read it; the cache's own file stays out of its reach. */
  copyTo(digest: Digest, path: string): Promise<void>;
  /** Deletes the least recently used files until the rest fits, except those in `keep` and those that were used just now. */
  prune(maxBytes: number, keep: Set<Digest>): Promise<void>;
}

/** Bytes of one artifact on their way into the cache. */
export interface Incoming {
  /** Bytes that are here: where the next part begins. */
  readonly size: number;
  /** Adds a part; what came before it breaks off stays. @throws FrobenError `artifact_too_large` */
  add(part: AsyncIterable<Uint8Array>): Promise<void>;
  /** Forgets what came. */
  restart(): Promise<void>;
  /** Makes the artifact visible. @throws FrobenError `artifact_digest_mismatch` */
  finish(): Promise<void>;
  /** Ends it; to be called in any case. */
  close(): Promise<void>;
}

const tooLarge = (bytes: number) =>
  new FrobenError("artifact_too_large", "the artifact is larger than the market allows", {
    limit: LIMITS.maxArtifactBytes,
    value: bytes,
    status: 413,
  });

const mismatch = (expected: Digest, found: Digest) =>
  new FrobenError("artifact_digest_mismatch", "the bytes do not match their digest", {
    limit: expected,
    value: found,
    retryable: true,
    status: 422,
  });

/** Files that were used less than this ago stay, milliseconds: time between an artifact's arrival and the note of what it is for. */
const RECENT_MS = 10 * 60_000;

/** @param root folder of the cache; made if missing */
export function createArtifactCache(root: string): ArtifactCache {
  const incoming = join(root, "incoming");
  mkdirSync(incoming, { recursive: true });
  // What a crash left half-written.
  for (const name of readdirSync(incoming)) rmSync(join(incoming, name), { force: true });
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
  async function receive(digest: Digest): Promise<Incoming> {
    const file = join(incoming, randomUUID());
    const handle = await open(file, "wx");
    let hash = createHash("sha256");
    let size = 0;
    return {
      get size() {
        return size;
      },
      async add(part) {
        for await (const chunk of part) {
          if (size + chunk.length > LIMITS.maxArtifactBytes) throw tooLarge(size + chunk.length);
          for (let at = 0; at < chunk.length;)
            at += (await handle.write(chunk, at, chunk.length - at, size + at)).bytesWritten;
          // Only what is written counts, so that the next part begins there.
          hash.update(chunk);
          size += chunk.length;
        }
      },
      async restart() {
        await handle.truncate();
        hash = createHash("sha256");
        size = 0;
      },
      async finish() {
        const found = hash.digest("hex");
        if (found !== digest) throw mismatch(digest, found);
        await adopt(file, digest);
      },
      async close() {
        await handle.close();
        await rm(file, { force: true });
      },
    };
  }

  return {
    has(digest) {
      const now = new Date();
      try {
        utimesSync(pathOf(digest), now, now);
        return true;
      } catch {
        return false;
      }
    },
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
      return viaTemp(async (file) => {
        const hash = createHash("sha256");
        const hashing = async function* (source: AsyncIterable<Buffer>) {
          for await (const chunk of source) {
            hash.update(chunk);
            yield chunk;
          }
        };
        await pipeline(createReadStream(path), hashing, createWriteStream(file));
        const digest = hash.digest("hex");
        await adopt(file, digest);
        return digest;
      });
    },
    receive,
    async copyTo(digest, path) {
      await copyFile(pathOf(digest), path);
    },
    async prune(maxBytes, keep) {
      const began = Date.now();
      const files: { path: string; size: number; usedAt: number; digest: string }[] = [];
      for (const folder of await readdir(root)) {
        if (folder === "incoming") continue;
        for (const digest of await readdir(join(root, folder))) {
          const path = join(root, folder, digest);
          const { size, mtimeMs } = await stat(path);
          files.push({ path, size, usedAt: mtimeMs, digest });
        }
      }
      let total = files.reduce((sum, file) => sum + file.size, 0);
      for (const file of files.sort((a, b) => a.usedAt - b.usedAt)) {
        if (total <= maxBytes) break;
        if (keep.has(file.digest)) continue;
        // Looked at and removed in one turn: nobody can begin to use it in between.
        if (statSync(file.path).mtimeMs > began - RECENT_MS) continue;
        rmSync(file.path);
        total -= file.size;
      }
    },
  };
}
