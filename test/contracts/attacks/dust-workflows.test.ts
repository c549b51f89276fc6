import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { ContractTransactionReceipt } from "ethers";
import { freshWorld, operationsOf, range, type World } from "../support/world";

/** Gas of a claim, its commit and its settlement, in a new workflow. */
async function gasOfWork(w: World): Promise<bigint[]> {
  const workflow = await w.open();
  const operator = w.operators[0]!;
  const used: bigint[] = [];
  const run = async (parts: Parameters<typeof operationsOf>[0]) => {
    const advance = w.as(operator).getFunction("advance");
    const tx = await advance.send(operationsOf(parts));
    used.push(((await tx.wait()) as ContractTransactionReceipt).gasUsed);
  };
  const offer = await w.offer(workflow, operator, range(0, 8));
  await run({ claims: [w.claimCall(offer)] });
  const { call, batch } = await w.commitCall(w.claimFrom(offer, 0));
  await run({ commits: [call] });
  await time.increase(300);
  await run({ settles: [w.settleCall(batch)] });
  await w.ledger.check();
  return used;
}

describe("Attack: thousands of dust workflows", () => {
  it("cost nobody else gas: what work, refund and fee cost does not depend on how many workflows there are", async () => {
    const w = await freshWorld();
    await gasOfWork(w); // first use of slot and account
    const before = await gasOfWork(w);
    const [first] = w.steps();
    const steps = [{ ...first!, maxTasks: 1, ceiling: 1n, bond: 1n }];
    for (let i = 0; i < 40; i++) await w.open({ steps, requester: w.stranger, feeBps: 0 });
    const after = await gasOfWork(w);
    // Calldata differs by random bytes, and every zero byte among them is 12 gas cheaper, or 30 below the floor price of data.
    for (const [i, gas] of after.entries())
      expect(Math.abs(Number(gas - before[i]!)), `${gas} and ${before[i]!}`).to.be.below(1_500);
  });

  it("cost at least a unit of escrow each, and leave it refundable to the last one", async () => {
    const w = await freshWorld();
    const [first] = w.steps();
    const steps = [{ ...first!, maxTasks: 1, ceiling: 1n, bond: 1n }];
    const dust = await w.open({ steps, feeBps: 0 });
    await w.send(w.requester, "cancel", [dust.id]);
    await w.send(w.requester, "refund", [dust.id]);
    expect((await w.account(w.requester.address)).owed).to.equal(1n);
  });
});
