import { sha256, type Digest } from "../../protocol/digest";
import { missing, type ArtifactStore } from "./artifact-store";
import type { Retention } from "./retention";

/**
 * A store whose artifacts go when their time is over. Of one that is hidden or being removed it says that it is not there; whoever
 * brings it again keeps it.
 */
export function keptStore(files: ArtifactStore, retention: Retention): ArtifactStore {
  const removal = async (digest: Digest) => retention.removals.get(digest);

  async function visible(digest: Digest): Promise<void> {
    await removal(digest);
    if (retention.isLeaving(digest)) throw missing(digest);
  }

  /** The row comes before the file, so that a crash leaves no file that nobody knows of. */
  async function arriving(digest: Digest): Promise<void> {
    await retention.arriving(digest);
    await removal(digest);
  }

  return {
    put: (source, digest, limit) => files.put(source, digest, limit, () => arriving(digest)),
    async write(bytes) {
      await arriving(sha256(bytes));
      return files.write(bytes);
    },
    async has(digest) {
      await removal(digest);
      return !retention.isLeaving(digest) && files.has(digest);
    },
    async size(digest) {
      await visible(digest);
      return files.size(digest);
    },
    async read(digest) {
      await visible(digest);
      return files.read(digest);
    },
    async stream(digest, range) {
      await visible(digest);
      return files.stream(digest, range);
    },
    async path(digest) {
      await visible(digest);
      return files.path(digest);
    },
    all: files.all,
    remove: files.remove,
  };
}
