import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Memory, type Remembered } from "../../../offchain/coordinator/memory";
import { closeDatabase, openDatabase, type Db } from "../../../offchain/db/client";
import { workMemory } from "../../../offchain/db/schema/work";
import { sha256 } from "../../../protocol/digest";

const of = (task: number): Remembered => ({
  workflow: 1,
  task,
  attempt: 1,
  result: sha256(`result ${task}`),
});

describe("the memory of results", () => {
  let folder: string;
  let db: Db;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "froben-memory-"));
    db = openDatabase(join(folder, "db.sqlite"));
  });
  afterEach(() => {
    closeDatabase(db);
    rmSync(folder, { recursive: true });
  });

  const write = (memory: Memory) => {
    db.transaction(() => memory.write());
    memory.written();
  };
  const known = (memory: Memory) => ["a", "b", "c", "d"].filter((work) => memory.recall(work));

  it("knows what it was told before and after that is written, and in its next life", () => {
    const memory = new Memory(db);
    memory.remember("a", of(1));
    expect(memory.recall("a")).to.deep.equal(of(1));
    write(memory);
    expect(memory.isDirty).to.equal(false);
    expect(new Memory(db).recall("a")).to.deep.include(of(1));
    expect(memory.recall("b")).to.equal(undefined);
  });

  it("keeps the newest result of a work only", () => {
    const memory = new Memory(db);
    memory.remember("a", of(1));
    write(memory);
    memory.remember("a", of(2));
    expect(memory.recall("a")).to.deep.include(of(2));
    write(memory);
    expect(memory.recall("a")).to.deep.include(of(2));
    expect(db.select().from(workMemory).all()).to.have.length(1);
  });

  it("forgets what was not used for longest, once it is full", () => {
    const memory = new Memory(db, 2);
    memory.remember("a", of(1));
    memory.remember("b", of(2));
    write(memory);
    memory.remember("a", memory.recall("a")!); // it is used
    memory.remember("c", of(3));
    write(memory);
    expect(known(memory)).to.deep.equal(["a", "c"]);
    write(memory); // nothing new: nothing is given up
    expect(known(new Memory(db, 2))).to.deep.equal(["a", "c"]);
  });

  it("keeps what it could not write", () => {
    const memory = new Memory(db);
    memory.remember("a", of(1));
    expect(() =>
      db.transaction(() => {
        memory.write();
        throw new Error("the disk is full");
      }),
    ).to.throw("full");
    expect(memory.isDirty).to.equal(true);
    write(memory);
    expect(new Memory(db).recall("a")).to.deep.include(of(1));
  });

  it("finds and adds by an index, whatever it holds", () => {
    const plan = db.$client
      .prepare("explain query plan select * from work_memory where work = ?")
      .all("a") as { detail: string }[];
    expect(plan[0]!.detail).to.include("USING INDEX");
  });
});
