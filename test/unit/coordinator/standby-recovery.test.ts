import { expect } from "chai";
import { RETAIN_MS, type Market, type TestOperator } from "./support/market";
import { eachWithStragglers, programs, TASK, type Stragglers } from "./support/stragglers";

describe("copies of stragglers, whatever is lost", () => {
  let market: Market;
  let s: Stragglers;
  eachWithStragglers((...made) => ([market, s] = made));

  const views = () => market.coordinator.views;

  describe("when the coordinator restarts", () => {
    /** The coordinator starts again; the operators hold what they held. */
    async function restart(...operators: TestOperator[]): Promise<void> {
      await market.restart();
      for (const operator of operators) await operator.sync();
    }

    it("goes on while both compute", async () => {
      const { slow, fast, copy } = await s.copied();
      await restart(slow, fast);
      expect(s.task()).to.include({ state: "running", attempt: 1, operator: slow.address });
      expect(s.of(fast).running).to.equal(1);
      await s.computed(fast);
      expect(s.task()).to.include({ attempt: 2, operator: fast.address });
      await restart(slow, fast);
      market.chain.pay(1, TASK, "released");
      market.chain.claim(copy);
      await market.settle();
      await s.deliver(fast, copy);
      expect(views().workflow(1).counts).to.deep.equal({ done: 2 });
    });

    it("starts the copy that was due", async () => {
      const { slow } = await s.running();
      const fast = await market.operator({ programs });
      await restart(slow, fast);
      await market.pass(2_500);
      expect(await fast.sync()).to.have.lengthOf(1);
    });

    it("signs the release again for a straggler that was asked for it before", async () => {
      const { slow, fast } = await s.copied();
      await s.computed(fast);
      await restart();
      slow.running = [];
      await slow.sync();
      expect(slow.verdicts.at(-1)!.release).to.match(/^0x[0-9a-f]{130}$/);
    });

    it("has the copy cancelled that lost before", async () => {
      const { slow, first, fast } = await s.copied();
      await s.deliver(slow, first);
      await restart(slow, fast);
      expect(fast.verdicts[0]).to.include({ attempt: 2, verdict: "cancelled" });
      expect(s.task()).to.include({ state: "done", attempt: 1, operator: slow.address });
    });

    it("takes a copy on that was claimed meanwhile", async () => {
      const { slow, fast, copy } = await s.copied();
      await market.stop();
      market.chain.pay(1, TASK, "released");
      market.chain.claim(copy);
      await market.start();
      await fast.sync();
      expect(s.task()).to.include({ attempt: 2, operator: fast.address, pay: "claimed" });
      await s.deliver(fast, copy);
      expect(s.of(slow).failed).to.equal(0);
      expect(views().workflow(1).counts).to.deep.equal({ done: 2 });
    });
  });

  describe("when the database is lost", () => {
    it("knows the copy by its claim", async () => {
      const { slow, first, fast, copy } = await s.copied();
      await market.loseDatabase();
      for (const one of [slow, fast]) market.register(one, { programs });
      await fast.sync();
      expect(s.task()).to.include({ attempt: 1, operator: slow.address });
      market.chain.pay(1, TASK, "released");
      market.chain.claim(copy);
      await market.pass(100);
      expect(s.task()).to.include({ attempt: 2, operator: fast.address });
      await s.deliver(fast, copy);
      expect(s.task().state).to.equal("done");
      expect(first.attempt).to.equal(1);
    });

    it("makes no other attempt while a copy can be claimed that somebody holds", async () => {
      const { slow, fast, copy } = await s.copied();
      market.chain.pay(1, TASK, "released");
      await market.loseDatabase();
      for (const one of [slow, fast]) market.register(one, { programs });
      for (const one of [slow, fast]) await one.sync();
      await market.pass(60_000);
      await slow.sync();
      expect(views().whyTask(1, TASK, 0).code).to.equal("earlier_assignment");
      market.chain.claim(copy);
      await market.settle();
      await s.deliver(fast, copy);
      expect(s.task().state).to.equal("done");
    });
  });

  it("waits for no copy that nobody holds", async () => {
    const { slow, fast } = await s.copied();
    fast.running = [];
    market.chain.pay(1, TASK, "released");
    await market.loseDatabase();
    for (const one of [slow, fast]) market.register(one, { programs });
    await fast.sync();
    await market.pass(31_000);
    await fast.sync();
    expect(s.attempts()).to.deep.equal([{ attempt: 2, outcome: "offered", standby: false }]);
  });

  describe("when the chain is reorganised", () => {
    it("follows whoever claims in the end", async () => {
      const { slow, first, fast, copy } = await s.copied();
      market.chain.unclaim(1, TASK);
      await market.settle();
      market.chain.claim(copy);
      await market.settle();
      expect(s.task()).to.include({ attempt: 2, operator: fast.address });
      // The first claim is back: its holder gets the signature to end it.
      market.chain.claim(first);
      await market.settle();
      slow.running = [];
      await slow.sync();
      expect(slow.verdicts.at(-1)).to.include({ attempt: 1, verdict: "cancelled" });
      await slow.sync();
      expect(slow.verdicts.at(-1)!.release).to.match(/^0x[0-9a-f]{130}$/);
      market.chain.pay(1, TASK, "released");
      market.chain.claim(copy);
      await market.settle();
      await s.deliver(fast, copy);
      expect(s.task()).to.include({ state: "done", attempt: 2 });
    });

    it("gives a copy that lost and was claimed all the same its release", async () => {
      const { slow, first, fast, copy } = await s.copied();
      await slow.report(first, TASK, { proof: "proof 1" });
      market.chain.pay(1, TASK, "expired");
      market.chain.claim(copy);
      await market.settle();
      fast.running = [];
      await fast.sync();
      expect(fast.verdicts.at(-1)!.release).to.match(/^0x[0-9a-f]{130}$/);
      await market.pass(RETAIN_MS);
    });
  });
});
