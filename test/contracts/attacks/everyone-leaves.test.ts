import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { LIMITS } from "../../../protocol/limits";
import { freshWorld, range, UNBONDING_DELAY, UNIT } from "../support/world";

describe("Attack: everyone leaves", () => {
  it("leaves nothing behind but what was burned", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [one, two, three] = w.operators;
    const good = await w.commit(await w.claim(workflow, one!, range(0, 3)));
    const bad = await w.commit(await w.claim(workflow, two!, [3, 4]), { wrong: [4] });
    const late = await w.claim(workflow, three!, [5, 6]);
    await w.send(w.challenger, "challenge", w.challengeArgs(bad, 4));
    await time.increaseTo(workflow.deadline + 901 + LIMITS.feeDelay);
    await w.send(w.stranger, "expire", w.expireArgs(late));
    await w.settle(good);
    await w.settle(bad);
    await w.send(w.stranger, "payFee", [workflow.id]);
    await w.send(w.stranger, "refund", [workflow.id]);
    for (const operator of w.operators)
      await w.send(operator, "startUnbonding", [(await w.account(operator.address)).free]);
    await time.increase(UNBONDING_DELAY + 1);
    for (const operator of w.operators) await w.send(operator, "withdrawStake", [operator.address]);
    for (const account of [one!, two!, w.challenger, w.requester, w.coordinator, w.stranger])
      await w.send(account, "withdrawOwed", [account.address]);
    expect(await ethers.provider.getBalance(w.address)).to.equal(w.ledger.burned * UNIT);
    expect(w.ledger.burned).to.equal(151n);
  });
});
