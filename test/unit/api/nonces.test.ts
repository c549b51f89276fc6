import { expect } from "chai";
import { RequestNonces } from "../../../offchain/api/nonces";
import { closeDatabase, openDatabase, type Db } from "../../../offchain/db/client";
import { LIMITS } from "../../../protocol/limits";

const AGES = 2 * LIMITS.maxRequestAgeMs;

describe("nonces of signed requests", () => {
  let db: Db;
  beforeEach(() => (db = openDatabase(":memory:")));
  afterEach(() => closeDatabase(db));

  function write(nonces: RequestNonces): void {
    db.transaction(() => nonces.write());
    nonces.written();
  }

  it("are taken once", () => {
    const nonces = new RequestNonces(db);
    expect(nonces.take("a", 1_000)).to.equal(true);
    expect(nonces.take("a", 1_001)).to.equal(false);
    expect(nonces.take("b", 1_001)).to.equal(true);
  });

  it("are remembered over a restart once they are written, and only then", () => {
    const nonces = new RequestNonces(db);
    nonces.take("a", 1_000);
    write(nonces);
    nonces.take("b", 1_000);
    const again = new RequestNonces(db);
    expect(again.take("a", 2_000)).to.equal(false);
    expect(again.take("b", 2_000)).to.equal(true);
  });

  it("stay to be written when the write fails", () => {
    const nonces = new RequestNonces(db);
    nonces.take("a", 1_000);
    const fail = () =>
      db.transaction(() => {
        nonces.write();
        throw new Error("the disk is full");
      });
    expect(fail).to.throw("the disk is full");
    write(nonces);
    expect(new RequestNonces(db).take("a", 1_000)).to.equal(false);
  });

  it("are forgotten, in the database too, when no request can be so old any more", () => {
    const nonces = new RequestNonces(db);
    nonces.take("a", 1_000);
    write(nonces);
    expect(nonces.take("a", 1_000 + AGES)).to.equal(false);
    expect(nonces.take("a", 1_001 + AGES)).to.equal(true);
    nonces.take("b", 1_002 + AGES);
    write(nonces);
    const left = db.$client.prepare("select nonce from request_nonces order by nonce").pluck();
    expect(left.all()).to.deep.equal(["a", "b"]);
  });
});
