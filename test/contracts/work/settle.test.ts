import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Hex } from "viem";
import { decodeFacts } from "../../../protocol/operations";
import { freshWorld, range, ZERO32, type Claim } from "../support/world";

describe("Market.advance: settle", () => {
  for (const size of [1, 8, 32, 100])
    it(`credits a matured batch of ${size}, once`, async () => {
      const w = await freshWorld();
      const workflow = await w.open();
      const [operator] = w.operators;
      const batch = await w.matured(workflow, operator!, range(0, size), { price: 700n });
      const [event] = await w.settle(batch);
      const count = BigInt(size);
      expect(event!.args.operator).to.equal(operator!.address);
      expect(decodeFacts(event!.args.facts as Hex).settles).to.deep.equal([0]);
      expect(await w.account(operator!.address)).to.deep.equal({
        free: 10_000_000n,
        locked: 0n,
        owed: 700n * count,
      });
      expect((await w.market.slotOf(operator!.address, 0)).state).to.equal(3n);
      await w.refusesOperations(
        operator!,
        { settles: [w.settleCall(batch)] },
        "SlotState",
        [0, 3, 2],
      );
      await w.refusesOperations(
        operator!,
        { settles: [w.settleCall(batch), w.settleCall(batch)] },
        "SlotState",
        [0, 3, 2],
      );
    });

  it("credits at maturity and not a second before", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const batch = await w.commit(await w.claim(await w.open(), operator!, [0]));
    const { time: maturesAt } = await w.market.slotOf(operator!.address, 0);
    await time.setNextBlockTimestamp(maturesAt - 1n);
    await w.refusesOperations(operator!, { settles: [w.settleCall(batch)] }, "NotMatured", [
      maturesAt,
    ]);
    await time.setNextBlockTimestamp(maturesAt);
    await w.settle(batch);
  });

  it("pays a batch without the tasks that were struck out of it", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const batch = await w.commit(await w.claim(await w.open(), operator!, range(0, 8)), {
      wrong: [2, 5],
    });
    for (const task of [5, 2])
      await w.send(w.challenger, "challenge", w.challengeArgs(batch, task));
    await time.increase(300);
    await w.settle(batch);
    expect(await w.account(operator!.address)).to.deep.equal({
      free: 10_000_000n - 2n * 501n,
      locked: 0n,
      owed: 6_000n,
    });
  });

  it("refuses other commitments, other tickets and other operators' batches", async () => {
    const w = await freshWorld();
    const [operator, other] = w.operators;
    const batch = await w.matured(await w.open(), operator!, [0, 1]);
    const call = w.settleCall(batch);
    await w.refusesOperations(
      operator!,
      { settles: [{ ...call, commitmentsRoot: ZERO32 }] },
      "DigestMismatch",
      [0],
    );
    const richer = { ...call.ticket, money: call.ticket.money + (1n << 152n) };
    await w.refusesOperations(
      operator!,
      { settles: [{ ...call, ticket: richer }] },
      "DigestMismatch",
      [0],
    );
    await w.refusesOperations(other!, { settles: [call] }, "SlotState", [0, 0, 2]);
  });

  for (const size of [1, 8, 32, 100])
    it(`settles, commits and claims batches of ${size} in one transaction, over and over`, async () => {
      const w = await freshWorld();
      const workflow = await w.open({ steps: [{ ...w.steps()[0]!, maxTasks: 900 }] });
      const [operator] = w.operators;
      const claims: Claim[] = [];
      const batches: Claim[] = [];
      for (let round = 0; round < 5; round++) {
        const first = size === 100 ? round * 192 : round * size;
        const offer = await w.offer(workflow, operator!, range(first, size));
        const due = batches[round - 2];
        const live = claims[round - 1];
        const commit = live && (await w.commitCall(live));
        const slot = round % 2;
        const events = await w.advance(operator!, {
          settles: due ? [w.settleCall(due)] : [],
          commits: commit ? [commit.call] : [],
          claims: [w.claimCall(offer, slot)],
        });
        expect(events.map((event) => event.name)).to.deep.equal(["Advanced"]);
        const { settles, commits, claims: claimed } = decodeFacts(events[0]!.args.facts as Hex);
        expect([settles.length, commits.length, claimed.length]).to.deep.equal([
          due ? 1 : 0,
          commit ? 1 : 0,
          1,
        ]);
        if (commit) batches.push(commit.batch);
        claims.push(w.claimFrom(offer, slot));
        await time.increase(301);
      }
      expect((await w.account(operator!.address)).owed).to.equal(3_000n * BigInt(size));
    });
});
