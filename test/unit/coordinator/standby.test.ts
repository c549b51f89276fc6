import { expect } from "chai";
import { WORKFLOW_STATUS } from "../../../protocol/abi";
import type { Market } from "./support/market";
import {
  codeOf,
  eachWithStragglers,
  outOfMemory,
  programs,
  standby,
  TASK,
  type Stragglers,
} from "./support/stragglers";

describe("how copies of stragglers end", () => {
  let market: Market;
  let s: Stragglers;
  eachWithStragglers((...made) => ([market, s] = made));

  const views = () => market.coordinator.views;

  it("asks for the straggler's release once the copy is computed; the copy is claimed and paid, nobody is blamed", async () => {
    const { slow, first, fast, copy } = await s.copied();
    await s.computed(fast);
    expect(s.attempts()[0]).to.deep.equal({ attempt: 1, outcome: "withdrawn", standby: false });
    slow.running = [];
    await slow.sync();
    expect(slow.verdicts.at(-1)).to.include({ task: TASK, attempt: 1, verdict: "cancelled" });
    expect(slow.verdicts.at(-1)!.release).to.match(/^0x[0-9a-f]{130}$/);
    expect(await codeOf(slow.report(first, TASK, { proof: "late" }))).to.equal("attempt_stale");
    market.chain.pay(1, TASK, "released");
    await market.settle();
    market.chain.claim(copy);
    await market.settle();
    await s.deliver(fast, copy);
    expect(views().workflow(1).counts).to.deep.equal({ done: 2 });
    expect(s.task()).to.include({ attempt: 2, operator: fast.address, pay: "committed" });
    expect(s.of(slow)).to.include({ done: 1, failed: 0 });
    expect(s.of(fast)).to.include({ done: 1, failed: 0, running: 0 });
    expect(await s.counted("started")).to.equal(1);
    expect(await s.counted("won")).to.equal(1);
    expect(await s.counted("lost")).to.equal(0);
    expect(await s.wasted()).to.equal(3);
  });

  it("cancels the copy, unpaid and without harm to anyone, when the first attempt's result is valid first", async () => {
    const { slow, first, fast } = await s.copied();
    await market.pass(700);
    await s.deliver(slow, first);
    expect(views().workflow(1).counts).to.deep.equal({ done: 2 });
    expect(s.task()).to.include({ attempt: 1, operator: slow.address });
    expect(s.attempts()[1]).to.deep.equal({ attempt: 2, outcome: "withdrawn", standby: true });
    await fast.sync();
    expect(fast.verdicts).to.have.lengthOf(1);
    expect(fast.verdicts[0]).to.include({ attempt: 2, verdict: "cancelled" });
    expect(s.of(fast)).to.include({ failed: 0, running: 0 });
    expect(await s.counted("lost")).to.equal(1);
    expect(await s.wasted()).to.equal(0.7);
    expect(views().workflow(1).attempts).to.equal(3);
  });

  it("keeps to a result that is here while it waits for its validation, though the copy is computed too", async () => {
    const { slow, first, fast } = await s.copied();
    market.chain.unclaim(1, TASK); // nothing is validated before its claim is on-chain
    await market.settle();
    const result = await slow.report(first, TASK, { proof: "proof 1" });
    await s.computed(fast);
    expect(s.attempts().map(({ outcome }) => outcome)).to.deep.equal(["reported", "computed"]);
    market.chain.claim(first);
    await market.settle();
    expect(s.task().result).to.equal(result);
    expect(s.attempts()).to.deep.equal([
      { attempt: 1, outcome: "valid", standby: false },
      { attempt: 2, outcome: "withdrawn", standby: true },
    ]);
  });

  it("takes one of two results that are computed in the same moment", async () => {
    const { slow, first, fast, copy } = await s.copied();
    for (const one of fast.running) one.progress = 1;
    const [late] = await Promise.all([
      codeOf(slow.report(first, TASK, { proof: "proof 1" })),
      fast.sync(),
    ]);
    expect(late).to.equal("attempt_stale");
    expect(s.attempts().map(({ outcome }) => outcome)).to.deep.equal(["withdrawn", "computed"]);
    market.chain.pay(1, TASK, "released");
    market.chain.claim(copy);
    await market.settle();
    await s.deliver(fast, copy);
    expect(views().workflow(1).counts).to.deep.equal({ done: 2 });
  });

  it("leaves the first attempt alone once that is computed, and lets the copy take its place if it is wrong", async () => {
    market.refuseGarbage();
    const { slow, first, fast, copy } = await s.copied();
    for (const one of slow.running) one.progress = 1;
    await slow.sync();
    await s.computed(fast);
    expect(s.attempts().map(({ outcome }) => outcome)).to.deep.equal(["computed", "computed"]);
    await slow.report(first, TASK, { proof: "garbage" });
    expect(s.attempts()[0]!.outcome).to.equal("invalid");
    expect(s.task()).to.include({ state: "running", attempt: 2, operator: fast.address });
    expect(s.of(slow).failed).to.equal(1);
    market.chain.pay(1, TASK, "conceded");
    market.chain.claim(copy);
    await market.settle();
    await s.deliver(fast, copy);
    expect(s.task().state).to.equal("done");
    // What was wrong is no waste of the copy's.
    expect(await s.wasted()).to.equal(0);
  });

  it("lets the copy take the place of an attempt whose operator fell silent, and take its claim over", async () => {
    const { slow, fast, copy } = await s.copied({
      standby,
      retry: { attempts: 1, backoffSeconds: 0 },
    });
    slow.running = [];
    await market.pass(6_000);
    await fast.sync();
    await market.pass(6_000);
    expect(s.attempts()[0]!.outcome).to.equal("silence");
    // No attempt is left, but the copy is under way.
    expect(s.task()).to.include({ state: "running", attempt: 2, operator: fast.address });
    await s.computed(fast);
    for (let i = 0; i < 21; i++) {
      await market.pass(5_100);
      await fast.sync();
    }
    expect(market.chain.task(1, TASK)!.deadline).to.be.below(market.clock.now() / 1000);
    market.chain.claim(copy); // a take-over
    await market.settle();
    await s.deliver(fast, copy);
    expect(views().workflow(1).counts).to.deep.equal({ done: 2 });
    expect(s.of(slow).failed).to.equal(1);
  });

  it("goes on without a copy whose operator dies, and makes no second one", async () => {
    const { slow, first, fast } = await s.copied();
    fast.running = [];
    await market.operator({ programs });
    for (let i = 0; i < 4; i++) {
      await market.pass(3_000);
      await slow.sync();
    }
    expect(s.attempts()).to.deep.equal([
      { attempt: 1, outcome: "running", standby: false },
      { attempt: 2, outcome: "silence", standby: true },
    ]);
    expect(s.of(fast).failed).to.equal(1);
    await s.deliver(slow, first);
    expect(views().workflow(1).counts).to.deep.equal({ done: 2 });
  });

  it("waits with the next attempt until a dead copy can't be claimed any more", async () => {
    const { slow, first, fast, copy } = await s.copied();
    fast.running = [];
    for (let i = 0; i < 4; i++) {
      await market.pass(3_000);
      await slow.sync();
    }
    await market.coordinator.failure(slow.address, outOfMemory(first));
    market.chain.pay(1, TASK, "released");
    await market.pass(2_000);
    expect(views().whyTask(1, TASK, 0)).to.include({
      code: "earlier_assignment",
      until: copy.claimBy * 1000,
    });
    await market.pass(copy.claimBy * 1000 - market.clock.now() + 1_500);
    const [next] = await slow.sync();
    expect(next).to.include({ attempt: 3 }).and.not.have.property("standby");
  });

  it("counts a copy that its operator gives up as no failure of the task", async () => {
    const { slow, fast, copy } = await s.copied({
      standby,
      retry: { attempts: 1, backoffSeconds: 0 },
    });
    await market.coordinator.failure(fast.address, outOfMemory(copy));
    expect(s.task()).to.include({ state: "running", attempt: 1, operator: slow.address });
    expect(s.attempts()[1]!.outcome).to.equal("failed");
    expect(s.of(fast).failed).to.equal(1);
  });

  it("blames nobody for a copy whose operator does not see the claim before it yet", async () => {
    const { fast, copy } = await s.copied();
    const refusal = { ...outOfMemory(copy), code: "assignment_not_standby" };
    await market.coordinator.failure(fast.address, refusal);
    expect(s.attempts()[1]!.outcome).to.equal("withdrawn");
    expect(s.of(fast).failed).to.equal(0);
  });

  it("takes a copy back from an operator that drains", async () => {
    const { slow, fast } = await s.copied();
    fast.draining = true;
    await fast.sync();
    expect(fast.verdicts.at(-1)).to.include({ attempt: 2, verdict: "cancelled" });
    expect(s.task()).to.include({ state: "running", attempt: 1, operator: slow.address });
    expect(s.of(fast).failed).to.equal(0);
  });

  it("takes the copy back and leaves the claim when the workflow is cancelled", async () => {
    const { slow, first, fast } = await s.copied();
    market.chain.end(1, WORKFLOW_STATUS.cancelled);
    await market.settle();
    await fast.sync();
    expect(fast.verdicts[0]).to.include({ attempt: 2, verdict: "cancelled" });
    expect(s.attempts()).to.deep.equal([
      { attempt: 1, outcome: "running", standby: false },
      { attempt: 2, outcome: "withdrawn", standby: true },
    ]);
    await s.deliver(slow, first);
    expect(s.attempts()[0]!.outcome).to.equal("valid");
  });

  it("waits with a task that is struck after its copy has lost until that can't be claimed any more", async () => {
    const { slow, first, copy } = await s.copied();
    await s.deliver(slow, first);
    market.chain.pay(1, TASK, "struck");
    await market.settle();
    await market.pass(2_000);
    expect(views().whyTask(1, TASK, 0)).to.include({
      code: "earlier_assignment",
      until: copy.claimBy * 1000,
    });
  });
});
