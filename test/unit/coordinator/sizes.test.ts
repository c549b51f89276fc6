import { expect } from "chai";
import { replayDecision, type PublishedDecision } from "../../../offchain/simulate/replay/replay";
import { parseSpec } from "../../../protocol/validate-spec";
import { eachWithMarket } from "./support/each-with-market";
import type { Market, TestOperator } from "./support/market";
import { PROGRAM, step } from "./support/specs";

const KIB = 1_024;
const programs = Object.values(PROGRAM);

/** A task that puts out files, and one that works on each. */
const spec = parseSpec({
  version: 1,
  name: "sizes",
  inputs: {},
  steps: [
    step({ id: "split", program: PROGRAM.split, outputs: { parts: "collection" } }),
    step({
      id: "prove",
      program: PROGRAM.prove,
      fanOut: { kind: "map", over: ["part"] },
      inputs: { part: { step: "split", output: "parts" } },
      maxTasks: 8,
    }),
  ],
  outputs: { proofs: { step: "prove", output: "proof" } },
});

describe("a coordinator that sees how large inputs are", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  /** Runs a workflow whose parts take a second for each KiB. */
  async function workAll(id: number, kib: number[]): Promise<void> {
    const operator = await market.operator({ programs });
    const parts = kib.map((size, i) => String(i).repeat(size * KIB));
    await market.submit(id, spec);
    for (;;) {
      const done = await operator.work(
        ({ stepId }, task): Record<string, string | string[]> =>
          stepId === "split" ? { parts } : { proof: `${id}/${task}` },
        ({ stepId }, task) => (stepId === "split" ? 500 : kib[task - 1]! * 1_000),
      );
      if (done.length === 0) return;
    }
  }

  /** What the tasks of a workflow are expected to take that waits for an operator, milliseconds. */
  async function expected(id: number, kib: number[]): Promise<(number | null)[]> {
    await market.pass(16_000); // nobody is heard of any more but who comes now
    const splitter = await market.operator({ programs: [PROGRAM.split] });
    const parts = kib.map((size, i) => String(i + 5).repeat(size * KIB));
    await market.submit(id, spec);
    await splitter.work(() => ({ parts }));
    return waiting(id);
  }

  const waiting = (id: number) =>
    market.coordinator.views
      .tasks(id)
      .filter(({ step, state }) => step === "prove" && state === "ready")
      .map(({ expectedMs }) => expectedMs);

  /** By how much a task with eight times the bytes is expected to take longer. */
  const ratio = ([small, large]: (number | null)[]) => large! / small!;

  it("expects tasks with large inputs to take longer as soon as others did, and after a restart too", async () => {
    await workAll(1, [1, 16, 2, 8, 4]);
    const before = await expected(2, [2, 16]);
    expect(ratio(before)).to.be.within(6, 10);
    expect(before[0]).to.be.within(1_500, 3_000);
    await market.restart();
    const after = waiting(2);
    expect(ratio(after) / ratio(before)).to.be.closeTo(1, 1e-3); // rounded to milliseconds
    expect(after[0]! / before[0]!).to.be.within(0.9, 1.1);
  });

  it("learns it anew when the database is lost, of workflows that it finds too", async () => {
    await market.submit(1, spec);
    await market.loseDatabase();
    await market.pass(31_000);
    await workAll(2, [1, 16, 2, 8, 4]);
    expect(ratio(await expected(3, [1, 8]))).to.be.within(6, 10);
  });

  it("expects the same of all while sizes make no difference", async () => {
    await workAll(1, [4, 4, 4, 4]);
    const all = await expected(2, [2, 16]);
    expect(ratio(all)).to.be.within(0.9, 1.1);
  });

  it("gives a task to the operator that made its large input, across a restart too, and says so in the decision", async () => {
    const [a, b] = [await market.operator({ programs }), await market.operator({ programs })];
    /** Has one operator make a part while the other takes nothing. */
    const make = async (id: number, part: string, [maker, other]: TestOperator[]) => {
      other!.draining = true;
      await other!.sync();
      await market.submit(id, spec);
      const [body] = await maker!.sync();
      maker!.hold(body!);
      await maker!.sync();
      market.chain.claim(body!);
      await market.settle();
      other!.draining = false;
      await other!.sync();
      await market.coordinator.idle();
      await maker!.report(body!, 0, { parts: [part] });
    };
    const works = () => ({ proof: "proof" });
    // Both have run the program, so that a fraction of a second counts.
    for (const [id, order] of [
      [a, b],
      [b, a],
    ].entries()) {
      await make(id + 1, "small", order);
      for (const one of order) await one.workAll(works);
    }
    for (const [id, order] of [
      [a, b],
      [b, a],
    ].entries()) {
      await make(id + 3, "x".repeat(20e6 + id), order);
      if (id === 1) await market.restart();
      const [maker, other] = order;
      const [body] = await maker!.sync();
      expect(body?.stepId).to.equal("prove");
      const all = market.coordinator.views.decisions(body!.workflow, undefined, 10);
      const published = JSON.parse(JSON.stringify(all)) as PublishedDecision[];
      const { digest, record } = published.find((one) => one.record.step === "prove")!;
      expect(await replayDecision({ digest, record })).to.deep.equal([]);
      const { candidates } = record;
      const fetchMs = (of?: TestOperator) =>
        candidates.find(({ operator }) => operator === of!.address)?.fetchMs;
      expect([fetchMs(maker), fetchMs(other)]).to.deep.equal([undefined, 400]);
      await maker!.workAll(works);
    }
  });
});
