import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Hex } from "viem";
import { maskOf, withMask } from "../../../protocol/ticket";
import { freshWorld, range } from "../support/world";

const STAKE = 10_000_000n;
const GAS_REFUND = 10_000n;

describe("Attack: impossible work is assigned, to collect late penalties", () => {
  it("earns the requester, the coordinator and whoever ends the claim one bounded refund per claim; the rest burns", async () => {
    const w = await freshWorld();
    const steps = w.steps({ bond: 60_000n });
    const workflow = await w.open({ steps });
    const claim = await w.claim(workflow, w.operators[0]!, range(0, 100));
    await time.increase(601);
    await w.send(w.requester, "expire", w.expireArgs(claim));
    const penalty = 1_200_000n; // a fifth of 100 bonds
    expect(await w.account(w.requester.address)).to.deep.equal({
      free: 0n,
      locked: 0n,
      owed: GAS_REFUND,
    });
    expect((await w.account(w.coordinator.address)).owed).to.equal(0n);
    expect((await w.account(w.operators[0]!.address)).free).to.equal(STAKE - penalty);
    expect(w.ledger.burned).to.equal(penalty - GAS_REFUND);
  });

  it("earns no more by many small take-overs: only the last one of a claim is refunded", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ steps: w.steps({ bond: 60_000n }) });
    const [victim, farmer] = w.operators;
    let claim = await w.claim(workflow, victim!, range(0, 4));
    await time.increase(601);
    const earned: bigint[] = [];
    for (const task of range(0, 4)) {
      const offer = await w.offer(workflow, farmer!, [task], { attempt: 2 });
      const takeOver = { holder: victim!.address as Hex, slot: 0, ticket: claim.ticket };
      const claims = [w.claimCall(offer, task, { takeOvers: [takeOver] })];
      const [event] = await w.advance(farmer!, { claims });
      earned.push(event!.args.gasRefund as bigint);
      const rest = maskOf(range(task + 1, 3 - task));
      if (rest !== 0n) claim = { ...claim, ticket: withMask(claim.ticket, rest) };
    }
    expect(earned).to.deep.equal([0n, 0n, 0n, GAS_REFUND]);
  });

  it("earns nothing of tasks that the operator gives back in time: half as much, and all of it burns", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ steps: w.steps({ bond: 60_000n }) });
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, range(0, 10));
    await w.send(operator!, "release", w.releaseArgs(claim));
    expect((await w.account(operator!.address)).free).to.equal(STAKE - 60_000n);
    expect(w.ledger.burned).to.equal(60_000n);
    for (const account of [w.requester, w.coordinator, w.stranger])
      expect((await w.account(account.address)).owed).to.equal(0n);
  });

  it("costs an operator that ends its own late claims at least what it gets", async () => {
    const w = await freshWorld();
    for (const bond of [1n, 501n, 60_000n]) {
      const workflow = await w.open({ steps: w.steps({ bond }) });
      const [operator] = w.operators;
      const sum = async () => {
        const { free, locked, owed } = await w.account(operator!.address);
        return free + locked + owed;
      };
      const before = await sum();
      const claim = await w.claim(workflow, operator!, [0]);
      await time.increase(601);
      await w.send(operator!, "expire", w.expireArgs(claim));
      expect((await sum()) <= before, `bond ${bond}`).to.equal(true);
    }
  });
});
