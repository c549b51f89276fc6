import { expect } from "chai";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devnetAccount } from "../../../devnet/chain";
import { createArtifactCache, type ArtifactCache } from "../../../operator/artifacts/cache";
import { neededArtifacts } from "../../../operator/artifacts/eviction";
import { createArtifactTransfer } from "../../../operator/artifacts/transfer";
import { systemClock } from "../../../operator/clock";
import type { HeldTask, Holding } from "../../../operator/holdings/phase";
import { collectOutputs } from "../../../operator/run/outputs";
import { sha256, type Digest } from "../../../protocol/digest";
import { marketDomain } from "../../../protocol/eip712";
import { BreakingServer } from "../../support/breaking-server";

describe("an operator's cache of artifacts", () => {
  let folder: string;
  let cache: ArtifactCache;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "froben-cache-"));
    cache = createArtifactCache(join(folder, "cache"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const hourAgo = new Date(Date.now() - 3_600_000);
  const put = async (text: string, usedAt = hourAgo): Promise<Digest> => {
    const digest = await cache.putBytes(Buffer.from(text));
    utimesSync(cache.path(digest), usedAt, usedAt);
    return digest;
  };
  const here = (): Set<string> =>
    new Set(
      readdirSync(join(folder, "cache"), { recursive: true })
        .map(String)
        .map((p) => p.slice(3)),
    );

  it("evicts the least recently used down to its size", async () => {
    const old = await put("a".repeat(100), new Date(hourAgo.getTime() - 3));
    const older = await put("b".repeat(100), new Date(hourAgo.getTime() - 2));
    const newer = await put("c".repeat(100), new Date(hourAgo.getTime() - 1));
    await cache.prune(200, new Set());
    expect(here()).to.include(older).and.include(newer).and.not.include(old);
  });

  it("keeps what is needed, and what was used just now, beyond its size", async () => {
    const [needed, used, other] = [await put("needed"), await put("used"), await put("other")];
    expect(cache.has(used)).equal(true);
    await cache.prune(0, new Set([needed]));
    expect(here()).to.include(needed).and.include(used).and.not.include(other);
  });

  it("needs the inputs of tasks that are to be run, and every part of results that are to be reported", async () => {
    const item = join(folder, "0.out");
    const list = join(folder, "list");
    writeFileSync(item, "a file");
    mkdirSync(list);
    writeFileSync(join(list, "00000"), "an item");
    const { result, artifacts } = await collectOutputs(cache, {
      one: { kind: "file", path: item },
      many: { kind: "collection", path: list },
    });
    expect(artifacts).to.have.length(4);
    const input = (name: string) => ({ in: { digest: sha256(name) } });
    const tasks = [
      { task: 0, phase: "queued", result: null },
      { task: 1, phase: "computed", result },
      { task: 2, phase: "cancelled", result: null },
    ] as HeldTask[];
    const signed = {
      outputs: { one: "file", many: "collection" },
      tasks: [0, 1, 2].map((task) => ({ task, inputs: input(`input ${task}`) })),
    };
    const needed = await neededArtifacts(cache, [{ signed, tasks } as unknown as Holding]);
    expect([...needed].sort()).to.deep.equal([...artifacts, sha256("input 0")].sort());
  });

  it("forgets at the start what a crash left half-received", async () => {
    const incoming = await cache.receive(sha256("whole"));
    await incoming.add(parts("who"));
    expect(readdirSync(join(folder, "cache/incoming"))).to.have.length(1);
    createArtifactCache(join(folder, "cache"));
    expect(readdirSync(join(folder, "cache/incoming"))).to.have.length(0);
    await incoming.close();
  });

  async function* parts(...texts: string[]): AsyncGenerator<Uint8Array> {
    for (const text of texts) yield Buffer.from(text);
  }

  describe("when it downloads", () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    const digest = sha256(bytes);
    let server: BreakingServer;

    beforeEach(async () => {
      server = await new BreakingServer(bytes).start();
    });
    afterEach(() => server.stop());

    const fetchIt = async () => {
      const signer = { account: devnetAccount(0), domain: marketDomain(1, `0x${"1".repeat(40)}`) };
      const clock = { ...systemClock, sleep: () => Promise.resolve() };
      const transfer = createArtifactTransfer(server.url, signer, cache, clock);
      await transfer.fetch(digest, new AbortController().signal);
    };

    it("goes on where a transfer broke off", async () => {
      server.breaks = [70_000, 100_000];
      await fetchIt();
      expect((await cache.bytes(digest)).equals(bytes)).equal(true);
      expect(server.ranges[0]).equal(undefined);
      expect(server.ranges).to.have.length(3);
      for (const range of server.ranges.slice(1)) expect(range).match(/^bytes=[1-9]\d*-$/);
      expect(readdirSync(join(folder, "cache/incoming"))).to.have.length(0);
    });

    it("starts anew where the other side gives no ranges", async () => {
      server.breaks = [70_000];
      server.withRanges = false;
      await fetchIt();
      expect((await cache.bytes(digest)).equals(bytes)).equal(true);
    });

    it("starts anew after bytes that are not the artifact's, or more than it has", async () => {
      server.bytes = Buffer.concat([bytes, Buffer.from("more")]);
      const healing = fetchIt();
      while (server.ranges.length === 0) await new Promise(setImmediate);
      server.bytes = bytes;
      await healing;
      expect((await cache.bytes(digest)).equals(bytes)).equal(true);
      expect(server.ranges).to.deep.equal([undefined, undefined]);
    });
  });
});
