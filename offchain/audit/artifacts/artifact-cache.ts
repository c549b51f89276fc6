import { createHash } from "node:crypto";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Digest } from "../../../protocol/digest";
import { LIMITS } from "../../../protocol/limits";
import type { Check } from "../recorder";
import type { CoordinatorSource } from "./coordinator-source";

/** A downloaded artifact whose bytes are what its name says. */
export interface Artifact {
  digest: Digest;
  path: string;
  size: number;
}

/** Downloads each artifact once, into a private folder, and checks its SHA-256. */
export class ArtifactCache {
  readonly #known = new Map<Digest, Promise<Artifact | undefined>>();

  private constructor(
    readonly folder: string,
    private readonly source: CoordinatorSource,
    private readonly check: Check,
  ) {}

  /** The caller must `remove` it in the end. */
  static async create(source: CoordinatorSource, check: Check): Promise<ArtifactCache> {
    return new ArtifactCache(await mkdtemp(join(tmpdir(), "froben-audit-")), source, check);
  }

  /** @returns undefined when the artifact is missing or false; the check says which */
  get(digest: Digest): Promise<Artifact | undefined> {
    let artifact = this.#known.get(digest);
    if (!artifact) this.#known.set(digest, (artifact = this.#download(digest)));
    return artifact;
  }

  /** @returns the bytes of an artifact, or undefined as for `get` */
  async read(digest: Digest): Promise<Uint8Array | undefined> {
    const artifact = await this.get(digest);
    return artifact && readFile(artifact.path);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  async #download(digest: Digest): Promise<Artifact | undefined> {
    const where = `artifact ${digest}`;
    const stream = await this.source.artifact(digest);
    if (!stream) {
      this.check.skip("the coordinator does not serve the artifact");
      this.check.find("warning", "artifact_missing", where, "its bytes can't be had");
      return undefined;
    }
    const path = join(this.folder, digest);
    const file = await open(path, "wx");
    const hash = createHash("sha256");
    let size = 0;
    try {
      for await (const chunk of stream) {
        size += chunk.length;
        if (size > LIMITS.maxArtifactBytes) break;
        hash.update(chunk);
        await file.writeFile(chunk);
      }
    } finally {
      await file.close();
    }
    const found = hash.digest("hex");
    const same = this.check.expect(
      size <= LIMITS.maxArtifactBytes && found === digest,
      "artifact_digest_mismatch",
      where,
      () => `its bytes have SHA-256 ${found}`,
    );
    return same ? { digest, path, size } : undefined;
  }
}
