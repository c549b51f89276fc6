import { sha256, type Digest } from "../../../../protocol/digest";
import { FrobenError } from "../../../../protocol/errors";
import type { ArtifactReader } from "../../../../offchain/coordinator/facade";

/** Artifacts in memory. */
export class FakeStore implements ArtifactReader {
  private readonly artifacts = new Map<Digest, Uint8Array>();

  put(bytes: Uint8Array | string): Digest {
    const digest = sha256(bytes);
    this.artifacts.set(digest, Buffer.from(bytes));
    return digest;
  }

  remove(digest: Digest): void {
    this.artifacts.delete(digest);
  }

  /** Whether an artifact is this text. */
  is(digest: Digest, text: string): boolean {
    return digest === sha256(text);
  }

  has(digest: Digest) {
    return Promise.resolve(this.artifacts.has(digest));
  }
  read(digest: Digest) {
    const bytes = this.artifacts.get(digest);
    if (!bytes) return Promise.reject(new FrobenError("artifact_missing", digest));
    return Promise.resolve(bytes);
  }
  async *all() {
    yield* this.artifacts.keys();
  }
  path(digest: Digest) {
    return Promise.resolve(digest);
  }
  async size(digest: Digest) {
    return (await this.read(digest)).length;
  }
}
