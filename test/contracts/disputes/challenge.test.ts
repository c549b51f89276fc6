import { expect } from "chai";
import { told } from "../support/events";
import { freshWorld, range, WRONG_RESULT } from "../support/world";
import { wrongBatch } from "../support/wrong-batch";

describe("Market.challenge", () => {
  for (const [size, task] of [
    [1, 0],
    [8, 3],
    [32, 31],
    [100, 57],
    [128, 127],
  ] as const)
    it(`strikes task ${task} out of a batch of ${size}`, async () => {
      const w = await freshWorld();
      const { workflow, batch, operator } = await wrongBatch(w, range(0, size), [task]);
      const [event] = await w.send(w.challenger, "challenge", w.challengeArgs(batch, task));
      // 501: four tenths to the challenger and three to the requester, fifteen hundredths wait in the pot, each rounded down; the rest burns.
      expect(told(event!)).to.deep.equal({
        name: "Struck",
        operator: operator.address,
        workflow: BigInt(workflow.id),
        task: BigInt(task),
        attempt: 1n,
        challenger: w.challenger.address,
        slot: 0n,
        bond: 501n,
        toChallenger: 200n,
        toRequester: 150n,
        pot: 75n,
      });
      expect((await w.account(operator.address)).locked).to.equal(501n * BigInt(size - 1));
      expect((await w.account(w.challenger.address)).owed).to.equal(200n);
      expect((await w.account(w.requester.address)).owed).to.equal(150n);
      expect((await w.market.slotOf(operator.address, 0)).removed).to.equal(1n);
      expect((await w.market.taskWordOf(workflow.id, 0)).spent).to.equal(1_000n * BigInt(size - 1));
    });

  it("opens the task to a later attempt, elsewhere, which is paid", async () => {
    const w = await freshWorld();
    const { workflow, batch } = await wrongBatch(w);
    const next = w.operators[1]!;
    const early = await w.offer(workflow, next, [3], { attempt: 2 });
    await w.refusesOperations(next, { claims: [w.claimCall(early)] }, "TaskTaken", [3, 2]);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 3));
    const stale = await w.offer(workflow, next, [3], { attempt: 1 });
    await w.refusesOperations(next, { claims: [w.claimCall(stale)] }, "TaskTaken", [3, 1]);
    const retried = await w.matured(workflow, next, [3], { attempt: 2 });
    await w.settle(retried);
    expect((await w.account(next.address)).owed).to.equal(1_000n);
  });

  it("strikes the retry too, if it is wrong again", async () => {
    const w = await freshWorld();
    const { workflow, batch } = await wrongBatch(w);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 3));
    const again = await w.commit(await w.claim(workflow, w.operators[1]!, [3], { attempt: 2 }), {
      wrong: [3],
    });
    await w.send(w.challenger, "challenge", w.challengeArgs(again, 3));
    expect((await w.market.retryOf(workflow.id, 3)).toArray().slice(0, 2)).to.deep.equal([
      2n,
      true,
    ]);
  });

  it("never pays an operator for striking itself, even if it is the requester as well", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const workflow = await w.open({ requester: operator });
    const before = await w.account(operator!.address);
    const batch = await w.commit(await w.claim(workflow, operator!, [0]), { wrong: [0] });
    await w.send(operator!, "challenge", w.challengeArgs(batch, 0));
    const after = await w.account(operator!.address);
    expect(after.free + after.locked + after.owed).to.equal(before.free - 151n);
  });

  it("counts strikes of a part and of the rest of a claim apart", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, range(0, 4));
    const part = await w.commit(claim, { tasks: [1, 3], wrong: [3], partSlot: 5 });
    await w.send(w.challenger, "challenge", w.challengeArgs(part, 3));
    expect((await w.market.slotOf(operator!.address, 5)).removed).to.equal(1n);
    expect((await w.market.slotOf(operator!.address, 0)).removed).to.equal(0n);
    expect(part.results[1]).to.equal(WRONG_RESULT);
  });
});
