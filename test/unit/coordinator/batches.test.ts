import { expect } from "chai";
import { closeDatabase, openDatabase } from "../../../offchain/db/client";
import { workAttempts } from "../../../offchain/db/schema/work";
import type { ResultReport, SignedAssignment } from "../../../protocol/http";
import { eachWithMarket } from "./support/each-with-market";
import type { Market } from "./support/market";
import { PROGRAM, proofs } from "./support/specs";

const usage = { wallMs: 100, cpuMs: 90, maxRssMb: 10 };

describe("many tasks at a time", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  /** A result for each task of an assignment. */
  const resultsOf = ({ workflow, root, tasks }: SignedAssignment): ResultReport[] =>
    tasks.map(({ task, attempt }) => {
      const result = market.store.put(`proof ${task}`);
      return { workflow, task, attempt, root, result, usage };
    });

  const statesOnDisk = (): string[] => {
    const db = openDatabase(market.file);
    const rows = db.select({ state: workAttempts.state }).from(workAttempts).all();
    closeDatabase(db);
    return rows.map(({ state }) => state);
  };

  it("are given out together to the machines that results of one report have freed", async () => {
    const operator = await market.operator({ programs: [PROGRAM.prove], concurrency: 4 });
    await market.submit(1, proofs(12));
    const [first] = await operator.sync();
    expect(first!.tasks.length).to.equal(4);
    market.chain.claim(first!);
    await market.settle();
    expect(await operator.send(resultsOf(first!))).to.deep.equal([null, null, null, null]);
    await market.settle();
    expect(market.coordinator.views.workflow(1).counts).to.deep.include({ done: 4 });
    const next = await operator.sync();
    expect(next.length).to.equal(1);
    expect(next[0]!.tasks.length).to.be.at.least(4);
  });

  it("are on the disk before their operator is answered", async () => {
    const operator = await market.operator({ programs: [PROGRAM.prove], concurrency: 2 });
    await market.submit(1, proofs(2));
    const [body] = await operator.sync();
    expect(statesOnDisk()).to.deep.equal(["offered", "offered"]);
    await operator.send(resultsOf(body!));
    expect(statesOnDisk()).to.deep.equal(["reported", "reported"]);
  });

  it("are written at the stop, and who waits for that is answered", async () => {
    const operator = await market.operator({ programs: [PROGRAM.prove], concurrency: 2 });
    await market.submit(1, proofs(2));
    const [body] = await operator.sync();
    operator.hold(body!, 0.5);
    const { running } = operator;
    const known = [body!.root];
    const idle = { draining: false, seenVerdicts: [], waitMs: 30_000 };
    const answer = market.coordinator.sync(operator.address, { running, known, ...idle });
    await market.stop();
    expect(await answer).to.deep.equal({ assignments: [], verdicts: [] });
    expect(statesOnDisk()).to.deep.equal(["running", "running"]);
    await market.start();
  });

  it("leave no assignment behind that can't be claimed any more", async () => {
    const operator = await market.operator({ programs: [PROGRAM.prove], concurrency: 2 });
    await market.submit(1, proofs(2));
    const [body] = await operator.sync();
    market.chain.claim(body!);
    await market.settle();
    await operator.send(resultsOf(body!));
    await market.settle();
    await market.stop();
    await market.start();
    const { assignments } = await market.coordinator.sync(operator.address, {
      ...{ running: [], draining: false, known: [], seenVerdicts: [], waitMs: 0 },
    });
    expect(assignments).to.deep.equal([]);
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: 2 });
  });
});
