import { expect } from "chai";
import Database from "better-sqlite3";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeDatabase, openDatabase, type Db } from "../../../offchain/db/client";
import { LogSync } from "../../../offchain/db/log-sync";

const FULL = 2;

describe("commits that do not wait for the disk", () => {
  let folder: string;
  let db: Db;
  let log: LogSync;
  const write = (n: number) => db.$client.prepare("insert into numbers values (?)").run(n);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "froben-log-"));
    db = openDatabase(join(folder, "test.sqlite"));
    db.$client.exec("create table numbers (n integer)");
    log = new LogSync(db.$client);
  });

  afterEach(() => {
    log.close();
    closeDatabase(db);
    rmSync(folder, { recursive: true });
  });

  it("are seen by others at once, and on the disk once that is synced", async () => {
    log.commit(() => write(1));
    const other = new Database(db.$client.name, { readonly: true });
    expect(other.prepare("select n from numbers").pluck().all()).to.deep.equal([1]);
    other.close();
    const synced = log.synced();
    expect(log.isBusy).to.equal(true);
    await synced;
    expect(log.isBusy).to.equal(false);
  });

  it("wait for a sync that began after them", async () => {
    log.commit(() => write(1));
    const first = log.synced();
    log.commit(() => write(2));
    const second = log.synced();
    await first;
    await Promise.resolve();
    expect(log.isBusy).to.equal(true);
    await second;
    expect(log.isBusy).to.equal(false);
  });

  it("need no second sync when nothing came since, nor after one that was waited for", async () => {
    log.commit(() => write(1));
    await log.synced();
    void log.synced();
    expect(log.isBusy).to.equal(false);
    log.commit(() => write(2));
    log.syncNow();
    void log.synced();
    expect(log.isBusy).to.equal(false);
  });

  it("leave what is committed in other ways to wait for the disk, also when they fail", () => {
    const mode = () => db.$client.pragma("synchronous", { simple: true });
    log.commit(() => write(1));
    expect(mode()).to.equal(FULL);
    const failure = new Error("no");
    expect(() =>
      log.commit(() => {
        throw failure;
      }),
    ).to.throw(failure);
    expect(mode()).to.equal(FULL);
  });

  it("are not said to be on a disk that does not take them", async () => {
    const plain = new Database(join(folder, "plain.sqlite")); // without a write-ahead log
    const its = new LogSync(plain);
    its.commit(() => plain.exec("create table numbers (n integer)"));
    for (let time = 0; time < 2; time++) {
      const error = await its.synced().catch((cause: unknown) => cause);
      expect(error).to.have.property("code", "ENOENT");
      expect(() => its.syncNow()).to.throw("ENOENT");
    }
    plain.close();
  });

  it("in memory have no disk to wait for", async () => {
    const memory = openDatabase(":memory:");
    const its = new LogSync(memory.$client);
    its.commit(() => memory.$client.exec("create table numbers (n integer)"));
    void its.synced();
    expect(its.isBusy).to.equal(false);
    its.syncNow();
    closeDatabase(memory);
  });
});
