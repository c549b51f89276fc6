import { expect } from "chai";
import type { Hex } from "viem";
import { WORKFLOW_STATUS } from "../../../protocol/abi";
import type { Renewal, SignedAssignment } from "../../../protocol/http";
import { maskOf } from "../../../protocol/ticket";
import { eachWithMarket } from "./support/each-with-market";
import { LATE_CLAIMS, type Market, type TestOperator } from "./support/market";
import { PROGRAM, proofs } from "./support/specs";
import { eachWithStragglers, TASK, type Stragglers } from "./support/stragglers";

const programs = [PROGRAM.prove];
/** Of a step whose tasks take longer than there is to claim them. */
const limits = { startSeconds: 10, runSeconds: 600, silenceSeconds: 10 };

describe("a claim that a reorganisation takes back", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  const views = () => market.coordinator.views;
  const now = () => Math.floor(market.clock.now() / 1000);
  const attempts = () =>
    views()
      .attempts(1)
      .map(({ outcome }) => outcome);

  /** Time passes, and the operator is heard of. */
  async function live(operator: TestOperator, seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i += 5) {
      await market.pass(5_000);
      await operator.sync();
    }
  }

  /** An operator has claimed and computes the tasks of a workflow, for longer than it had to claim them. */
  async function computing(count = 1) {
    const operator = await market.operator({ programs, concurrency: count });
    await market.submit(1, proofs(count, { claimSeconds: 600, limits }));
    const [body] = await operator.sync();
    operator.hold(body!);
    await operator.sync();
    market.chain.claim(body!);
    await market.settle();
    await live(operator, 35);
    return { operator, body: body! };
  }

  async function takeBack(tasks = [0]): Promise<void> {
    for (const task of tasks) market.chain.unclaim(1, task);
    await market.settle();
    await market.pass(1_000);
  }

  const withRenewal = (body: SignedAssignment, { mask, claimBy, signature }: Renewal) => {
    const tasks = body.tasks.filter(({ task }) => (BigInt(mask) >> BigInt(task)) & 1n);
    return { ...body, mask, claimBy, signature, tasks };
  };

  const signerOf = (body: SignedAssignment) => {
    const { workflow, step, operator, attempt, word, mask, price, claimBy, root } = body;
    const numbers = { mask: BigInt(mask), price: BigInt(price) };
    const message = { workflow, step, operator, attempt, word, claimBy, root, ...numbers };
    return market.signer("Assignment", message, body.signature);
  };

  it("can be made again after its time: the same assignment is signed with a later claimBy", async () => {
    const { operator, body } = await computing();
    await takeBack();
    await operator.sync();
    expect(operator.renewals).to.have.length(1);
    const renewed = withRenewal(body, operator.renewals[0]!);
    expect(renewed).to.deep.include({ root: body.root, mask: body.mask, claimBy: now() + 30 });
    expect(await signerOf(renewed)).to.equal(market.account.address);
    market.chain.claim(renewed);
    await market.settle();
    await operator.report(body, 0, { proof: "p" });
    expect(views().tasks(1)[0]).to.include({ state: "done", attempt: 1 });
    expect(attempts()).to.deep.equal(["valid"]);
    expect(views().operators()[0]).to.include({ failed: 0 });
  });

  it("is renewed until its operator names the renewal, and no longer", async () => {
    const { operator } = await computing();
    await takeBack();
    const ask = (renewed: { root: Hex; claimBy: number }[]) =>
      market.coordinator.sync(operator.address, {
        ...{ running: operator.running, draining: false, seenVerdicts: [], waitMs: 0 },
        known: [...operator.assignments.keys()] as Hex[],
        renewed,
      });
    const { renewals } = await ask([]);
    expect((await ask([])).renewals).to.deep.equal(renewals);
    const held = renewals!.map(({ root, claimBy }) => ({ root: root as Hex, claimBy }));
    expect((await ask(held)).renewals).to.equal(undefined);
  });

  it("is waited for when its result is known: its task stays done, and the workflow is not declared finished", async () => {
    const { operator, body } = await computing();
    await operator.report(body, 0, { proof: "p" });
    market.sent.length = 0; // as sent on the branch that is gone
    await takeBack();
    await operator.sync();
    expect(views().tasks(1)[0]).to.include({ state: "done", attempt: 1 });
    await live(operator, 20);
    expect(market.sent).to.deep.equal([]);
    market.chain.claim(withRenewal(body, operator.renewals[0]!));
    await market.settle();
    expect(market.sent.map(({ purpose }) => purpose)).to.deep.equal(["finish/1"]);
  });

  it("is renewed again while its operator is there, if its result is known, but not for ever", async () => {
    const { operator, body } = await computing();
    await operator.report(body, 0, { proof: "p" });
    market.sent.length = 0;
    await takeBack();
    await live(operator, 595);
    expect(operator.renewals.length).to.be.greaterThan(10);
    expect(market.sent).to.deep.equal([]);
    await live(operator, 40);
    expect(market.sent.map(({ purpose }) => purpose)).to.deep.equal(["finish/1"]);
  });

  it("holds nobody up when its operator is gone", async () => {
    const { operator, body } = await computing();
    await operator.report(body, 0, { proof: "p" });
    market.sent.length = 0;
    await takeBack();
    for (let i = 0; i < 8; i++) await market.pass(5_000);
    expect(market.sent.map(({ purpose }) => purpose)).to.deep.equal(["finish/1"]);
    expect(attempts()).to.deep.equal(["valid"]);
  });

  it("leads to another attempt when it is not made again, once its new ticket is void", async () => {
    const { operator } = await computing();
    const other = await market.operator({ programs });
    await takeBack();
    await live(operator, 25);
    await other.sync();
    expect(attempts()).to.deep.equal(["running"]);
    await live(operator, 10);
    await other.sync();
    expect(attempts()[0]).to.equal("unclaimed");
    expect([...other.assignments.values()][0]).to.include({ attempt: 2 });
  });

  it("is renewed for those of its tasks alone that go on, with one signature", async () => {
    const { operator, body } = await computing(3);
    await operator.report(body, 0, { proof: "p" });
    await market.coordinator.failure(operator.address, {
      ...{ workflow: 1, task: 1, attempt: 1, root: body.root },
      ...{ code: "run_failed", message: "no", inputRefused: false },
    });
    operator.running = operator.running.filter(({ task }) => task !== 1);
    await takeBack([0, 1, 2]);
    await operator.sync();
    expect(operator.renewals.map(({ mask }) => BigInt(mask))).to.deep.equal([maskOf([0, 2])]);
    const renewed = withRenewal(body, operator.renewals[0]!);
    expect(await signerOf(renewed)).to.equal(market.account.address);
    market.chain.claim(renewed);
    await market.settle();
    await operator.report(body, 2, { proof: "p" });
    const states = views()
      .tasks(1)
      .map(({ state }) => state);
    expect([states[0], states[2]]).to.deep.equal(["done", "done"]);
  });

  it("is renewed again when another reorganisation takes it back", async () => {
    const { operator, body } = await computing();
    for (const round of [1, 2, 3]) {
      await takeBack();
      await operator.sync();
      expect(operator.renewals).to.have.length(round);
      market.chain.claim(withRenewal(body, operator.renewals.at(-1)!));
      await market.settle();
      await live(operator, 35);
    }
    await operator.report(body, 0, { proof: "p" });
    expect(attempts()).to.deep.equal(["valid"]);
  });

  it("is not renewed once its workflow takes no claims, nor while it stands", async () => {
    const { operator } = await computing();
    await operator.sync();
    market.chain.end(1, WORKFLOW_STATUS.cancelled);
    await takeBack();
    await operator.sync();
    expect(operator.renewals).to.deep.equal([]);
  });

  for (const restarts of [false, true])
    it(`is renewed though its workflow's completion landed before it${restarts ? ", and the coordinator restarts" : ""}`, async () => {
      const { operator, body } = await computing();
      await operator.report(body, 0, { proof: "p" });
      market.chain.end(1, WORKFLOW_STATUS.completed);
      await takeBack();
      if (restarts) await market.restart();
      await market.pass(35_000);
      await operator.sync();
      expect(views().workflow(1)).to.include({ state: "completed", settled: false });
      expect(operator.renewals).to.not.deep.equal([]);
      market.chain.claim(withRenewal(body, operator.renewals.at(-1)!));
      market.chain.pay(1, 0, "settled");
      await market.pass(6_000);
      expect(views().workflow(1)).to.include({ state: "completed", settled: true });
      expect(attempts()).to.deep.equal(["valid"]);
    });

  it("is given up once its workflow was completed so long ago that it takes no claims", async () => {
    const { operator, body } = await computing();
    await operator.report(body, 0, { proof: "p" });
    market.chain.end(1, WORKFLOW_STATUS.completed);
    await takeBack();
    await live(operator, LATE_CLAIMS);
    expect(operator.renewals).to.not.deep.equal([]);
    const until = operator.renewals.at(-1)!.claimBy;
    await live(operator, 60);
    expect(operator.renewals.at(-1)!.claimBy).to.equal(until);
    expect(views().workflow(1)).to.include({ state: "completed", settled: true });
  });

  it("counts its bond as promised until it is made again", async () => {
    const { operator, body } = await computing();
    market.chain.stake(operator.address, 10n);
    await takeBack();
    market.register(operator, { programs, concurrency: 2 });
    await market.submit(2, proofs(1));
    await operator.sync();
    expect(operator.assignments.size).to.equal(1);
    market.chain.claim(withRenewal(body, operator.renewals[0]!));
    await market.pass(1_500);
    await operator.sync();
    expect(operator.assignments.size).to.equal(2);
  });

  for (const known of [false, true])
    it(`is renewed though the coordinator restarts${known ? ", its result being known" : ""}`, async () => {
      const { operator, body } = await computing();
      if (known) await operator.report(body, 0, { proof: "p" });
      await market.stop();
      market.chain.unclaim(1, 0); // as applied in the moment before
      await market.start();
      await market.pass(1_000);
      await operator.sync();
      expect(operator.renewals.at(-1)).to.include({ claimBy: now() + 30 });
      await market.restart(); // what it signed is on the disk, or signed anew
      await market.pass(1_000);
      await operator.sync();
      market.chain.claim(withRenewal(body, operator.renewals.at(-1)!));
      await market.settle();
      if (!known) await operator.report(body, 0, { proof: "p" });
      expect(attempts()).to.deep.equal(["valid"]);
      expect(market.sent.map(({ purpose }) => purpose)).to.include("finish/1");
    });
});

describe("a straggler's claim that a reorganisation takes back", () => {
  let market: Market;
  let s: Stragglers;
  eachWithStragglers((made, stragglers) => ([market, s] = [made, stragglers]));

  it("is not renewed beside its copy, which can be claimed: that takes its place, and nobody is blamed", async () => {
    const { slow, fast, copy } = await s.copied();
    for (let i = 0; i < 7; i++) {
      await market.pass(5_000);
      await slow.sync();
      await fast.sync();
    }
    market.chain.unclaim(1, TASK);
    await market.settle();
    await slow.sync();
    expect(slow.renewals).to.deep.equal([]);
    market.chain.claim(copy);
    await market.settle();
    await s.deliver(fast, copy);
    expect(s.task()).to.include({ state: "done", attempt: 2 });
    expect(s.of(slow)).to.include({ failed: 0 });
  });

  it("is renewed only once a copy that lost can't be claimed any more", async () => {
    const { slow, first, copy } = await s.copied();
    await s.deliver(slow, first);
    market.chain.unclaim(1, TASK);
    await market.settle();
    await slow.sync();
    expect(slow.renewals).to.deep.equal([]);
    await market.pass((copy.claimBy - Math.floor(market.clock.now() / 1000)) * 1000 + 2_000);
    await slow.sync();
    expect(slow.renewals.map(({ root }) => root)).to.deep.equal([first.root]);
  });
});
