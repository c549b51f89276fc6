import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256, type Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { missing, type ArtifactStore } from "./artifact-store";

/** Artifacts that are remembered to be here. */
const MAX_KNOWN = 65_536;

const notFound = (digest: Digest) => (error: NodeJS.ErrnoException) => {
  throw error.code === "ENOENT" ? missing(digest) : error;
};

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}

/** Writes to a new file while hashing. @returns size and digest of what came */
async function receive(
  source: AsyncIterable<Uint8Array>,
  file: string,
  limit: number,
): Promise<{ size: number; digest: Digest }> {
  const handle = await open(file, "wx", 0o444);
  try {
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of source) {
      size += chunk.length;
      if (size > limit)
        throw new FrobenError("artifact_too_large", "the artifact is too large", {
          field: "body",
          limit,
          status: 413,
        });
      hash.update(chunk);
      for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten;
    }
    await handle.sync();
    return { size, digest: hash.digest("hex") };
  } finally {
    await handle.close();
  }
}

/**
 * Keeps artifacts as files in a folder, in 256 sub-folders. What a crash left half-written is removed here, at the start.
 * @param folder created when missing; belongs to one process at a time
 */
export async function openFolderStore(folder: string): Promise<ArtifactStore> {
  const incoming = join(folder, "incoming");
  await mkdir(incoming, { recursive: true });
  for (const name of await readdir(incoming)) await rm(join(incoming, name), { force: true });
  const place = (digest: Digest) => join(folder, digest.slice(0, 2), digest);

  /** Bytes of those of which is known that they are here: only `remove` takes artifacts away while the coordinator runs. */
  const known = new Map<Digest, number>();
  const know = (digest: Digest, bytes: number): void => {
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(digest, bytes);
  };
  const look = async (digest: Digest): Promise<number> => {
    const { size } = await stat(place(digest)).catch(notFound(digest));
    know(digest, size);
    return size;
  };
  const sizeOf = async (digest: Digest): Promise<number> =>
    known.get(digest) ?? (await look(digest));

  const put: ArtifactStore["put"] = async (source, digest, limit, whole) => {
    const file = join(incoming, `${digest}.${randomBytes(8).toString("hex")}`);
    try {
      const received = await receive(source, file, limit);
      if (received.digest !== digest)
        throw new FrobenError(
          "artifact_digest_mismatch",
          "the bytes are not what their name says",
          {
            field: "digest",
            limit: digest,
            value: received.digest,
            status: 422,
          },
        );
      await whole?.();
      const target = place(digest);
      const created = await stat(target).then(
        () => false,
        () => true,
      );
      await mkdir(dirname(target), { recursive: true });
      await rename(file, target);
      await syncFolder(dirname(target));
      know(digest, received.size);
      return { size: received.size, created };
    } finally {
      await rm(file, { force: true });
    }
  };

  return {
    put,
    async write(bytes) {
      const data = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
      const digest = sha256(data);
      const info = await stat(place(digest)).catch(() => undefined);
      if (!info)
        await put(
          (async function* () {
            yield data;
          })(),
          digest,
          data.length,
        );
      return digest;
    },
    has: (digest) =>
      sizeOf(digest).then(
        () => true,
        () => false,
      ),
    size: sizeOf,
    read: (digest) => readFile(place(digest)).catch(notFound(digest)),
    async stream(digest, range) {
      await look(digest);
      return createReadStream(place(digest), range);
    },
    async *all() {
      for (const sub of await readdir(folder)) {
        if (sub.length !== 2) continue; // not one of the 256
        for (const name of await readdir(join(folder, sub))) yield name;
      }
    },
    async path(digest) {
      await look(digest);
      return place(digest);
    },
    async remove(digest) {
      const info = await stat(place(digest)).catch(() => undefined);
      if (info) await rm(place(digest), { force: true });
      known.delete(digest);
      if (!info) return undefined;
      await syncFolder(dirname(place(digest)));
      return info.size;
    },
  };
}
