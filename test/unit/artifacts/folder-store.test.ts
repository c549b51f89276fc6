import { expect } from "chai";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ArtifactStore } from "../../../offchain/artifacts/artifact-store";
import { openFolderStore } from "../../../offchain/artifacts/folder-store";
import { sha256 } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";

async function* chunks(...parts: (Uint8Array | string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield typeof part === "string" ? Buffer.from(part) : part;
  }
}

async function failure(promise: Promise<unknown>): Promise<FrobenError> {
  const error: unknown = await promise.then(
    () => expect.fail("it should have failed"),
    (reason: unknown) => reason,
  );
  expect(error).instanceOf(FrobenError);
  return error as FrobenError;
}

describe("artifact store in a folder", () => {
  let folder: string;
  let store: ArtifactStore;

  /** Every file under the folder. */
  const files = async () =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "froben-store-"));
    store = await openFolderStore(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("gives back the bytes under their digest, whole or a range of them", async () => {
    const digest = sha256("hello world");
    expect(await store.put(chunks("hello ", "world"), digest, 100)).deep.equal({
      size: 11,
      created: true,
    });
    expect(Buffer.from(await store.read(digest)).toString()).equal("hello world");
    expect(await store.size(digest)).equal(11);
    const part: Buffer[] = [];
    for await (const chunk of await store.stream(digest, { start: 6, end: 10 }))
      part.push(chunk as Buffer);
    expect(Buffer.concat(part).toString()).equal("world");
    expect(await files()).deep.equal([digest]);
  });

  it("refuses bytes that are not what their name says, and keeps nothing of them", async () => {
    const digest = sha256("right");
    const error = await failure(store.put(chunks("wrong"), digest, 100));
    expect(error).include({
      code: "artifact_digest_mismatch",
      status: 422,
      field: "digest",
      limit: digest,
      value: sha256("wrong"),
    });
    expect(await store.has(digest)).equal(false);
    expect(await files()).deep.equal([]);
  });

  it("stops reading at the limit, and keeps nothing", async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read++;
        yield Buffer.alloc(10);
      }
    }
    const digest = sha256("any");
    const error = await failure(store.put(endless(), digest, 25));
    expect(error).include({ code: "artifact_too_large", status: 413, limit: 25 });
    expect(read).equal(3);
    expect(await files()).deep.equal([]);
  });

  it("takes exactly as many bytes as the limit allows", async () => {
    const bytes = Buffer.alloc(25, 7);
    expect((await store.put(chunks(bytes), sha256(bytes), 25)).size).equal(25);
  });

  it("keeps nothing of an upload that breaks off", async () => {
    const digest = sha256("all of it");
    await store.put(chunks("all ", new Error("hung up")), digest, 100).then(
      () => expect.fail("it should have failed"),
      (error: Error) => expect(error.message).equal("hung up"),
    );
    expect(await store.has(digest)).equal(false);
    expect(await files()).deep.equal([]);
  });

  it("removes at the start what a crash left half-written, and never shows it", async () => {
    const digest = sha256("whole");
    await writeFile(join(folder, "incoming", `${digest}.1234`), "who");
    expect(await store.has(digest)).equal(false);
    const after = await openFolderStore(folder);
    expect(await after.has(digest)).equal(false);
    expect(await files()).deep.equal([]);
    await after.put(chunks("whole"), digest, 100);
    expect(await after.has(digest)).equal(true);
  });

  it("lets many upload the same bytes at the same time", async () => {
    const bytes = Buffer.alloc(100_000, 3);
    const digest = sha256(bytes);
    const puts = await Promise.all(
      Array.from({ length: 8 }, () => store.put(chunks(bytes), digest, bytes.length)),
    );
    expect(puts.every((put) => put.size === bytes.length)).equal(true);
    expect(await files()).deep.equal([digest]);
  });

  it("says which artifact is missing", async () => {
    const digest = sha256("nowhere");
    for (const attempt of [store.read(digest), store.size(digest), store.path(digest)])
      expect(await failure(attempt)).include({
        code: "artifact_missing",
        status: 404,
        value: digest,
      });
  });
});
