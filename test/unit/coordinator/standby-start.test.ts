import { expect } from "chai";
import { choose } from "../../../offchain/matchmaker/choose";
import type { Market } from "./support/market";
import { proofs } from "./support/specs";
import {
  codeOf,
  eachWithStragglers,
  programs,
  standby,
  TASK,
  type Stragglers,
} from "./support/stragglers";

describe("when stragglers are copied", () => {
  let market: Market;
  let s: Stragglers;
  eachWithStragglers((...made) => ([market, s] = made));

  const views = () => market.coordinator.views;

  it("gives a straggler's task to another operator, which waits for the claim before it", async () => {
    const { slow, first, fast, copy } = await s.copied();
    expect(s.task()).to.include({ state: "running", attempt: 1, operator: slow.address });
    expect(s.attempts()).to.deep.equal([
      { attempt: 1, outcome: "running", standby: false },
      { attempt: 2, outcome: "running", standby: true },
    ]);
    expect(copy.claimBy).to.be.above(market.chain.task(1, TASK)!.deadline);
    expect(copy.takeOvers.map(({ holder }) => holder)).to.deep.equal([slow.address]);
    expect(s.of(fast).running).to.equal(1);
    const why = views().whyTask(1, TASK, 0);
    expect(why.attempt!.operator).to.equal(slow.address);
    expect(why.standby).to.include({ operator: fast.address, number: 2, claimed: false });
    // Its result stays where it is.
    expect(await codeOf(fast.report(copy, TASK, { proof: "early" }))).to.equal("standby_unclaimed");
    expect(s.task().state).to.equal("running");
    expect(first.standby).to.equal(undefined);
  });

  it("makes no copy of a step that does not want any", async () => {
    await s.running({});
    const idle = await market.operator({ programs });
    await market.pass(5_000);
    expect(await idle.sync()).to.deep.equal([]);
  });

  it("makes no copy before anyone's duration is known", async () => {
    const slow = await market.operator({ programs });
    await market.submit(1, proofs(1, { standby }));
    const [first] = await slow.sync();
    slow.hold(first!);
    await slow.sync();
    market.chain.claim(first!);
    const idle = await market.operator({ programs });
    for (let i = 0; i < 10; i++) {
      await market.pass(5_000);
      await slow.sync();
      expect(await idle.sync()).to.deep.equal([]);
    }
  });

  it("makes no copy before the time, nor of an attempt that should be done sooner, nor before its claim is on-chain", async () => {
    const { slow } = await s.running();
    const idle = await market.operator({ programs });
    await market.pass(1_900);
    expect(await idle.sync()).to.deep.equal([]);
    for (const one of slow.running) one.progress = 0.9; // in 0.2 s
    await slow.sync();
    await market.pass(200);
    expect(await idle.sync()).to.deep.equal([]);
    market.chain.unclaim(1, TASK);
    await market.pass(4_000); // it stands still: a copy would be worth it now
    expect(await idle.sync()).to.deep.equal([]);
    await slow.sync();
    market.chain.claim([...slow.assignments.values()].at(-1)!);
    await market.pass(1_500);
    expect(await idle.sync()).to.have.lengthOf(1);
  });

  it("keeps a copy away from the straggler's operator, from its machine, and from who takes none", async () => {
    const { slow } = await s.running();
    const machine = { id: slow.address, cores: 4, memoryMb: 8_000, gpus: [] };
    market.register(slow, { programs, machine, concurrency: 2 });
    const neighbour = await market.operator({ programs, machine });
    const unwilling = await market.operator({ programs, standby: false });
    await market.pass(4_000);
    for (const one of [slow, neighbour, unwilling]) expect(await one.sync()).to.deep.equal([]);
    const stranger = await market.operator({ programs });
    await market.pass(1_500);
    expect(await stranger.sync()).to.have.lengthOf(1);
    const { record } = views().decisions(1).at(-1)!;
    expect(record.rejections).to.deep.equal({
      apart: [slow.address, neighbour.address].sort(),
      no_standby: [unwilling.address],
    });
    expect(choose(record)!.choice).to.equal(stranger.address);
  });

  it("makes no copy for an operator that a ready task wants", async () => {
    await s.running();
    const busy = await market.operator({ programs });
    await market.submit(2, proofs(1));
    const [ready] = await busy.sync();
    expect(ready!.workflow).to.equal(2);
    await market.pass(4_000);
    expect(await busy.sync()).to.deep.equal([]);
  });

  it("makes no copy of a paused workflow", async () => {
    const { slow } = await s.running();
    market.coordinator.setPaused(market.chain.workflow(1)!.requester, 1, true);
    const idle = await market.operator({ programs });
    await market.pass(4_000);
    expect(await idle.sync()).to.deep.equal([]);
    await slow.sync();
    market.coordinator.setPaused(market.chain.workflow(1)!.requester, 1, false);
    await market.pass(1_500);
    expect(await idle.sync()).to.have.lengthOf(1);
  });
});
