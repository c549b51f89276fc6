import { expect } from "chai";
import { rmSync } from "node:fs";
import { eachWithMarket } from "./support/each-with-market";
import type { Market } from "./support/market";
import { PROGRAM, proofs } from "./support/specs";

describe("a coordinator whose database is lost", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  /** One operator holds an assignment of two tasks, claimed on-chain. */
  async function claimed() {
    const by = await market.operator({ programs: Object.values(PROGRAM), concurrency: 2 });
    await market.submit(1, proofs(2));
    await by.sync();
    await by.sync();
    const bodies = [...by.assignments.values()];
    for (const body of bodies) market.chain.claim(body);
    await market.settle();
    return { by, bodies };
  }

  async function loseDatabase(): Promise<void> {
    await market.stop();
    for (const end of ["", "-wal", "-shm"]) rmSync(market.file + end, { force: true });
    market.clock.advance(1_000);
    market.chain.block = 0; // the tables of the chain are lost too
    await market.start();
    await market.settle();
  }

  it("finds committed results among the artifacts, and does nothing again", async () => {
    const { by, bodies } = await claimed();
    for (const body of bodies)
      for (const { task } of body.tasks) {
        const result = await by.report(body, task, { proof: `proof ${task}` });
        market.chain.pay(1, task, "committed", [by.commitment(body, task, result)]);
      }
    await loseDatabase();
    await market.pass(1_000);
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: 2 });
  });

  it("takes the result of a claim that stands, of an attempt that it does not remember", async () => {
    const { by, bodies } = await claimed();
    await loseDatabase();
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ running: 2 });
    for (const body of bodies)
      for (const { task } of body.tasks) await by.report(body, task, { proof: `proof ${task}` });
    await market.settle();
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: 2 });
  });

  it("asks for a result again that comes before its claim was seen, and loses none of it", async () => {
    const { by, bodies } = await claimed();
    const [body] = bodies;
    const { task } = body!.tasks[0]!;
    // As far as the node that it reads from knows, the claim is not there yet.
    for (const one of body!.tasks) market.chain.unclaim(1, one.task);
    await loseDatabase();
    const early = await by.report(body!, task, { proof: "proof" }).catch((error: unknown) => error);
    expect(early).to.include({ code: "attempt_not_found_yet", retryable: true });
    market.chain.claim(body!);
    await market.settle();
    await by.report(body!, task, { proof: "proof" });
  });

  it("follows a claim that it sees before it sees the commit", async () => {
    const { by, bodies } = await claimed();
    const results = bodies.flatMap((body) =>
      body.tasks.map(async ({ task }) => {
        const result = await by.report(body, task, { proof: `proof ${task}` });
        return { task, commitment: by.commitment(body, task, result) };
      }),
    );
    const reported = await Promise.all(results);
    await loseDatabase();
    for (const { task, commitment } of reported)
      market.chain.pay(1, task, "committed", [commitment]);
    await market.settle();
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: 2 });
  });

  it("has a claimed task done again when its holder does not come back", async () => {
    await claimed();
    await loseDatabase();
    await market.pass(60_000);
    const { counts } = market.coordinator.views.workflow(1);
    expect(counts.running ?? 0).to.equal(0);
  });
});
