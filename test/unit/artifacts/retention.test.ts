import { expect } from "chai";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ArtifactStore } from "../../../offchain/artifacts/artifact-store";
import { createCollector, type Collector } from "../../../offchain/artifacts/collector";
import { openFolderStore } from "../../../offchain/artifacts/folder-store";
import { keptStore } from "../../../offchain/artifacts/kept-store";
import { Retention } from "../../../offchain/artifacts/retention";
import { closeDatabase, openDatabase, type Db } from "../../../offchain/db/client";
import { createMetrics } from "../../../offchain/metrics/metrics";
import { sha256, type Digest } from "../../../protocol/digest";
import { seriesOf } from "../../support/metrics";
import { silentLog } from "../../support/silent-log";
import { FakeClock } from "../coordinator/support/fake-clock";

const GRACE = 10_000;
const RETAIN = 100_000;

describe("how long artifacts are kept", () => {
  let folder: string;
  let db: Db;
  let clock: FakeClock;
  let files: ArtifactStore;
  let store: ArtifactStore;
  let retention: Retention;
  let collector: Collector;
  let metrics: ReturnType<typeof createMetrics>;
  let lines: object[];

  async function open(): Promise<void> {
    db = openDatabase(join(folder, "coordinator.sqlite"));
    retention = new Retention(db, clock, { graceMs: GRACE, retainMs: RETAIN });
    files = await openFolderStore(join(folder, "artifacts"));
    store = keptStore(files, retention);
    await retention.adopt(files.all());
    lines = [];
    const log = { ...silentLog, info: (fields: object) => lines.push(fields) };
    collector = createCollector({
      ...{ store: files, retention, clock, log },
      metrics: metrics.artifacts,
    });
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "froben-retention-"));
    clock = new FakeClock();
    metrics = createMetrics();
    await open();
  });
  afterEach(async () => {
    await collector.stop();
    closeDatabase(db);
    await rm(folder, { recursive: true, force: true });
  });

  const upload = async (text: string): Promise<Digest> => {
    const digest = sha256(text);
    const bytes = (async function* () {
      yield Buffer.from(text);
    })();
    await store.put(bytes, digest, 1_000);
    return digest;
  };
  /** As the coordinator's journal does. */
  const write = () => {
    db.transaction(() => retention.write());
    retention.written();
  };
  const name = (workflow: number, ...digests: Digest[]) => {
    retention.name(workflow, digests);
    write();
  };
  const rows = (table: string) =>
    (db.$client.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n;
  const isFile = async (digest: Digest) =>
    (await readdir(join(folder, "artifacts", digest.slice(0, 2)))).includes(digest);

  it("removes an upload that no workflow names after the grace time, and counts and logs it", async () => {
    const digest = await upload("nobody's");
    clock.advance(GRACE - 1);
    expect(await collector.sweep()).deep.equal({ artifacts: 0, bytes: 0 });
    clock.advance(1);
    expect(await collector.sweep()).deep.equal({ artifacts: 1, bytes: 8 });
    expect(await isFile(digest)).equal(false);
    expect(await files.has(digest)).equal(false);
    expect(rows("artifacts")).equal(0);
    expect(lines).deep.equal([{ artifacts: 1, bytes: 8 }]);
    const series = seriesOf(await metrics.registry.metrics());
    expect(series.get("froben_artifacts_freed_total")).equal(1);
    expect(series.get("froben_artifacts_freed_bytes_total")).equal(8);
  });

  it("keeps what a workflow names until its time after settlement is over, and the grace time", async () => {
    const digest = await upload("an input");
    name(7, digest);
    clock.advance(1_000 * RETAIN);
    await collector.sweep();
    retention.settled(7);
    clock.advance(RETAIN - 1);
    retention.settled(7); // said again: the time goes on
    await collector.sweep();
    expect(await store.has(digest)).equal(true);
    clock.advance(1);
    await collector.sweep();
    expect(await store.has(digest)).equal(true);
    clock.advance(GRACE);
    expect((await collector.sweep()).artifacts).equal(1);
    for (const table of ["artifacts", "artifact_names", "artifact_workflows"])
      expect(rows(table), table).equal(0);
  });

  it("keeps what another workflow still names", async () => {
    const digest = await upload("shared");
    name(1, digest);
    name(2, digest);
    retention.settled(1);
    clock.advance(RETAIN);
    await collector.sweep();
    clock.advance(10 * GRACE);
    await collector.sweep();
    expect(await store.has(digest)).equal(true);
    retention.settled(2);
    clock.advance(RETAIN);
    await collector.sweep();
    clock.advance(GRACE);
    expect((await collector.sweep()).artifacts).equal(1);
  });

  it("hides what is to go in half the grace time, and shows it again to whoever uploads or names it", async () => {
    const [uploaded, named] = [await upload("uploaded again"), await upload("named now")];
    clock.advance(GRACE / 2);
    for (const digest of [uploaded, named]) {
      expect(await store.has(digest)).equal(false);
      const refusals = [store.size(digest), store.read(digest), store.stream(digest)];
      for (const one of [...refusals, store.path(digest)])
        expect(((await one.catch((error: unknown) => error)) as { code: string }).code).equal(
          "artifact_missing",
        );
    }
    await upload("uploaded again");
    retention.name(3, [named]); // not written yet
    for (const digest of [uploaded, named]) expect(await store.has(digest)).equal(true);
    clock.advance(GRACE / 2);
    await collector.sweep();
    expect(await store.has(named)).equal(true);
    expect(await isFile(uploaded)).equal(true);
  });

  it("gives whoever is told that an artifact is there half the grace time, however often it is uploaded", async () => {
    const digest = await upload("popular");
    for (let i = 0; i < 20; i++) {
      clock.advance(GRACE / 4);
      if (!(await store.has(digest))) await upload("popular");
      await collector.sweep();
      expect(await isFile(digest)).equal(true);
    }
  });

  it("makes whoever looks or uploads during a removal wait for its end, so that nobody is told of what then goes", async () => {
    const digest = await upload("contested");
    clock.advance(GRACE);
    let release!: () => void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow = { remove: (one: Digest) => gate.then(() => files.remove(one)) };
    const held = createCollector({
      ...{ store: slow, retention, clock, log: silentLog },
      metrics: metrics.artifacts,
    });
    const sweeping = held.sweep();
    expect(retention.removals.has(digest)).equal(true);
    retention.name(1, [digest]);
    const told = store.has(digest);
    const again = upload("contested");
    release();
    expect(await told).equal(false);
    await Promise.all([sweeping, again]);
    expect(await store.has(digest)).equal(true);
    expect(rows("artifacts")).equal(1);
  });

  it("finishes what a crash between file and row left, and finds every file that a crash left", async () => {
    const [gone, left] = [await upload("file gone"), await upload("file left")];
    await files.remove(gone); // and then it crashed
    const unseen = sha256("never came");
    await retention.arriving(unseen); // and then it crashed
    closeDatabase(db);
    await open();
    clock.advance(GRACE);
    expect(await collector.sweep()).deep.equal({ artifacts: 1, bytes: 9 });
    expect(await isFile(left)).equal(false);
    expect(rows("artifacts")).equal(0);
  });

  it("keeps all files of a lost database as if their workflows had just settled", async () => {
    const digest = await upload("of a former life");
    closeDatabase(db);
    for (const end of ["", "-wal", "-shm"])
      await rm(join(folder, `coordinator.sqlite${end}`), { force: true });
    await open();
    clock.advance(RETAIN - GRACE);
    await collector.sweep();
    expect(await store.has(digest)).equal(true);
    clock.advance(GRACE);
    expect((await collector.sweep()).artifacts).equal(1);
  });

  it("tries a removal again that fails, and goes on with the others", async () => {
    const [bad, good] = [await upload("bad"), await upload("good")];
    clock.advance(GRACE);
    const broken = {
      remove: (one: Digest) =>
        one === bad ? Promise.reject(new Error("disk")) : files.remove(one),
    };
    const limping = createCollector({
      ...{ store: broken, retention, clock, log: silentLog },
      metrics: metrics.artifacts,
    });
    expect((await limping.sweep()).artifacts).equal(1);
    expect(await isFile(good)).equal(false);
    expect(await isFile(bad)).equal(true);
    clock.advance(GRACE);
    expect((await collector.sweep()).artifacts).equal(1);
  });

  it("releases a workflow of many artifacts in parts", async () => {
    const digests = Array.from({ length: 2_500 }, (_, i) => sha256(`item ${i}`));
    name(1, ...digests);
    retention.settled(1);
    clock.advance(RETAIN);
    expect(retention.release(1_000)).equal(true);
    expect(rows("artifact_names")).equal(1_500);
    await collector.sweep();
    expect(rows("artifact_names")).equal(0);
    expect(rows("artifact_workflows")).equal(0);
    clock.advance(GRACE);
    await collector.sweep();
    expect(rows("artifacts")).equal(0);
  });

  it("asks nothing of the database that scans a table", () => {
    const statements = [
      "select leaves_at from artifacts where digest = ?",
      "select workflow from artifact_names where digest = ? limit 1",
      "select * from artifact_workflows where keep_until <= ? order by keep_until limit 1",
      "select * from artifact_names where workflow = ? limit 1000",
      "delete from artifact_names where workflow = ? and digest in (?, ?)",
      "select digest from artifacts where leaves_at <= ? order by leaves_at limit 256",
      "update artifacts set leaves_at = null where digest in (?, ?)",
    ];
    for (const statement of statements) {
      const values = Array.from(statement.matchAll(/\?/g), () => 1);
      const plan = db.$client.prepare(`explain query plan ${statement}`).all(...values);
      expect(JSON.stringify(plan), statement)
        .match(/SEARCH/)
        .not.match(/SCAN|TEMP B-TREE/);
    }
  });
});
