import { expect } from "chai";
import { setImmediate } from "node:timers/promises";
import { WORKFLOW_STATUS } from "../../../protocol/abi";
import type { SignedAssignment } from "../../../protocol/http";
import { eachWithMarket } from "./support/each-with-market";
import type { Market } from "./support/market";
import { pipeline, PROGRAM, proofs } from "./support/specs";

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

  /** Reports and commits everything. */
  async function commit({ by, bodies }: Awaited<ReturnType<typeof claimed>>): Promise<void> {
    for (const body of bodies)
      for (const { task } of body.tasks) {
        const result = await by.report(body, task, { proof: `proof ${task}` });
        market.chain.pay(1, task, "committed", [by.commitment(body, task, result)]);
      }
  }

  it("finds committed results among the artifacts, and does nothing again", async () => {
    await commit(await claimed());
    await market.loseDatabase();
    await market.pass(1_000);
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: 2 });
  });

  it("finds the results of a workflow that was completed before, list by list", async () => {
    const operator = await market.operator({ programs: Object.values(PROGRAM) });
    market.store.put("batch");
    await market.submit(1, pipeline());
    const outputsOf = ({ stepId }: SignedAssignment, task: number) => {
      const split: Record<string, string[] | string> = { leaves: ["a", "b"], statement: "root" };
      return stepId === "split" ? split : { proof: `proof ${task}` };
    };
    while ((await operator.work(outputsOf)).length > 0) await market.pass(1_000);
    market.chain.end(1, WORKFLOW_STATUS.completed);
    await market.settle();
    const { state, outputs, counts } = market.coordinator.views.workflow(1);
    expect({ state, counts }).to.deep.equal({ state: "completed", counts: { done: 4 } });
    await market.loseDatabase();
    for (let i = 0; i < 5; i++) await market.pass(1_000);
    expect(market.coordinator.views.workflow(1)).to.deep.include({ state, outputs, counts });
  });

  it("does not wait for anything of a workflow that is opened in the second in which the database was made", async () => {
    const by = await market.operator({ programs: Object.values(PROGRAM) });
    market.clock.advance(1_999 - (market.clock.now() % 1_000));
    market.chain.madeAt = market.clock.now();
    await market.submit(1, proofs(1));
    expect((await by.sync()).length).to.equal(1);
  });

  it("still takes over what it did not know when it crashes before it has read the chain", async () => {
    const { by, bodies } = await claimed();
    for (const body of bodies) for (const { task } of body.tasks) market.chain.unclaim(1, task);
    await market.loseDatabase();
    await market.stop();
    await market.start();
    for (const body of bodies) market.chain.claim(body);
    await market.settle();
    for (const body of bodies)
      for (const { task } of body.tasks) await by.report(body, task, { proof: `proof ${task}` });
    await market.settle();
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: 2 });
  });

  it("takes the result of a claim that stands, of an attempt that it does not remember", async () => {
    const { by, bodies } = await claimed();
    await market.loseDatabase();
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
    await market.loseDatabase();
    const early = await by.report(body!, task, { proof: "proof" }).catch((error: unknown) => error);
    expect(early).to.include({ code: "attempt_not_found_yet", retryable: true });
    market.chain.claim(body!);
    await market.settle();
    await by.report(body!, task, { proof: "proof" });
  });

  it("has nobody drop an attempt whose claim it has not seen yet: it would be late", async () => {
    const { by, bodies } = await claimed();
    const [body] = bodies;
    for (const one of body!.tasks) market.chain.unclaim(1, one.task);
    await market.loseDatabase();
    by.hold(body!);
    market.register(by, { programs: Object.values(PROGRAM) });
    await by.sync();
    expect(by.verdicts).to.deep.equal([]);
    market.chain.claim(body!);
    await market.settle();
    await by.sync();
    const { task } = body!.tasks[0]!;
    await by.report(body!, task, { proof: "proof" });
    expect(market.coordinator.views.tasks(1).find((one) => one.task === task)!.state).to.equal(
      "done",
    );
  });

  it("has an attempt dropped, and its failure not told again and again, once nobody can claim it any more", async () => {
    const { by, bodies } = await claimed();
    const [body] = bodies;
    for (const one of body!.tasks) market.chain.unclaim(1, one.task);
    await market.loseDatabase();
    const { task, attempt } = body!.tasks[0]!;
    const report = () =>
      market.coordinator.failure(by.address, {
        ...{ workflow: 1, task, attempt, root: body!.root },
        ...{ code: "run_failed", message: "no", inputRefused: false },
      });
    const codeOf = async () => {
      try {
        await report();
      } catch (error) {
        return (error as { code: string }).code;
      }
      throw new Error("was taken");
    };
    expect(await codeOf()).to.equal("attempt_not_found_yet");
    await market.pass(31_000);
    expect(await codeOf()).to.equal("attempt_stale");
    market.register(by, { programs: Object.values(PROGRAM) });
    by.hold(body!);
    await by.sync();
    expect(by.verdicts.map(({ verdict }) => verdict)).to.include("cancelled");
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
    await market.loseDatabase();
    for (const { task, commitment } of reported)
      market.chain.pay(1, task, "committed", [commitment]);
    await market.settle();
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: 2 });
  });

  it("has a claimed task done again when its holder does not come back", async () => {
    await claimed();
    await market.loseDatabase();
    await market.pass(60_000);
    const { counts } = market.coordinator.views.workflow(1);
    expect(counts.running ?? 0).to.equal(0);
  });

  it("validates what has its time to be challenged, or claimed, before what was paid long ago", async () => {
    const by = await market.operator({ programs: Object.values(PROGRAM), concurrency: 8 });
    const make = async (workflow: number, tasks: number, pay: "settled" | "committed") => {
      await market.submit(workflow, proofs(tasks));
      while ((await by.sync()).length > 0);
      for (const body of by.assignments.values()) {
        market.chain.claim(body);
        await market.settle();
        for (const { task } of body.tasks) {
          const result = await by.report(body, task, { proof: `proof ${workflow}.${task}` });
          market.chain.pay(workflow, task, pay, [by.commitment(body, task, result)]);
        }
      }
      by.assignments.clear();
      await market.settle();
    };
    await make(1, 4, "settled");
    market.chain.end(1, WORKFLOW_STATUS.completed);
    await make(2, 1, "committed");
    const judged: number[] = [];
    market.judge = async (job) => {
      const proof = "inputs" in job && job.inputs.proof;
      for (let task = 0; task < 4; task++)
        if (market.store.is(String(proof) as never, `proof 1.${task}`)) judged.push(1);
      if (market.store.is(String(proof) as never, "proof 2.0")) judged.push(2);
      await setImmediate(); // it takes its time
      return { valid: true };
    };
    await market.loseDatabase();
    await market.pass(1_000);
    expect(judged.length).to.equal(5);
    expect(judged.indexOf(2), "two were under way").to.be.at.most(2);
    expect(market.coordinator.views.workflow(1).counts).to.deep.equal({ done: 4 });
    expect(market.coordinator.views.workflow(2).counts).to.deep.equal({ done: 1 });
  });
});
