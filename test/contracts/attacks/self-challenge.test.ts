import { expect } from "chai";
import { freshWorld, range, type World } from "../support/world";

const total = async (w: World, address: string) => {
  const { free, locked, owed } = await w.account(address);
  return free + locked + owed;
};

describe("Attack: an operator challenges itself", () => {
  it("for profit: operator, requester and challenger in one lose at least three tenths of the bond", async () => {
    for (const bond of [1n, 7n, 501n, 1_000_000n]) {
      const w = await freshWorld();
      const [attacker] = w.operators;
      const workflow = await w.open({
        requester: attacker,
        steps: w.steps({ bond }),
        feeBps: 0,
      });
      const before = await total(w, attacker!.address);
      const batch = await w.commit(await w.claim(workflow, attacker!, [0]), { wrong: [0] });
      await w.send(attacker!, "challenge", w.challengeArgs(batch, 0));
      const lost = before - (await total(w, attacker!.address));
      expect(lost).to.equal(bond - (bond * 4n) / 10n - (bond * 3n) / 10n);
      expect(lost * 10n >= bond * 3n).to.equal(true);
    }
  });

  it("to unlock its bonds early: only the struck task's is gone, the others stay locked till they mature", async () => {
    const w = await freshWorld();
    const [attacker] = w.operators;
    const batch = await w.commit(await w.claim(await w.open(), attacker!, range(0, 4)), {
      wrong: [0, 1],
    });
    for (const task of [0, 1]) {
      await w.send(attacker!, "challenge", w.challengeArgs(batch, task));
      const { locked } = await w.account(attacker!.address);
      expect(locked).to.equal(BigInt(3 - task) * 501n);
    }
    await w.refusesOperations(attacker!, { settles: [w.settleCall(batch)] }, "NotMatured");
  });

  it("to keep an honest challenger from its share: the task is struck once, and the bond is lost either way", async () => {
    const w = await freshWorld();
    const [attacker] = w.operators;
    const batch = await w.commit(await w.claim(await w.open(), attacker!, [0]), { wrong: [0] });
    await w.send(attacker!, "challenge", w.challengeArgs(batch, 0));
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 0), "AlreadyStruck", [0, 1]);
    expect(await total(w, attacker!.address)).to.equal(10_000_000n - 501n + 200n);
  });

  it("to be paid for the same task again: the later attempt is paid once, out of the price that went back", async () => {
    const w = await freshWorld();
    const [attacker] = w.operators;
    const workflow = await w.open({ feeBps: 0 });
    const batch = await w.commit(await w.claim(workflow, attacker!, [0]), { wrong: [0] });
    await w.send(attacker!, "challenge", w.challengeArgs(batch, 0));
    const right = await w.matured(workflow, attacker!, [0], { attempt: 2, slot: 1 });
    await w.settle(right);
    await w.settle(batch);
    expect((await w.account(attacker!.address)).owed).to.equal(1_000n + 200n);
    expect((await w.market.taskWordOf(workflow.id, 0)).spent).to.equal(1_000n);
  });
});
