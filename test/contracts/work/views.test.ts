import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { sha256, type Hex } from "viem";
import { commitmentsRoot } from "../../../protocol/commitment";
import { workflowTerms } from "../../../protocol/terms";
import { batchHash, ticketHash } from "../../../protocol/ticket";
import { freshWorld, statementOf, ZERO32 } from "../support/world";

const LOW_200 = (1n << 200n) - 1n;

describe("The market's views", () => {
  it("tell zeros of what does not exist", async () => {
    const w = await freshWorld();
    const nobody = w.stranger.address;
    expect(await w.market.accountOf(nobody)).to.deep.equal([0n, 0n, 0n]);
    expect(await w.market.unbondingOf(nobody)).to.deep.equal([0n, 0n]);
    expect(await w.market.delegateOf(nobody)).to.equal(ethers.ZeroAddress);
    expect(await w.market.slotOf(nobody, 7)).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    expect(await w.market.taskWordOf(9, 0)).to.deep.equal([0n, 0n]);
    expect(await w.market.retryOf(9, 0)).to.deep.equal([0n, false]);
    expect(await w.market.fateOf(9, 0, 1)).to.deep.equal([false, false, false, 0n]);
    expect(await w.market.fateOf(9, 0, 0)).to.deep.equal([false, false, false, 0n]);
    expect(await w.market.completionOf(9)).to.equal(ZERO32);
    const none = ethers.ZeroAddress;
    expect(await w.market.workflowOf(9)).to.deep.equal([none, none, 0n, 0n, 0n, 0n, 0n, 0n, 0n]);
    expect(await w.market.poolOf(ZERO32)).to.deep.equal([0n, 0n]);
    expect((await w.market.disputeOf(ZERO32)).phase).to.equal(0n);
    expect((await w.market.juryOf(ZERO32)).drawn).to.equal(0n);
    expect(await w.market.jurorOf(ZERO32, nobody)).to.deep.equal([0n, 0n, 0n]);
  });

  it("tell a workflow's terms in full, while it is open and after", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ extra: 5n });
    const told = (await w.market.workflowOf(workflow.id)).toObject();
    const { escrow } = told;
    const terms = workflowTerms(w.coordinator.address as Hex, workflow.steps);
    expect(told).to.deep.equal({
      requester: w.requester.address,
      coordinator: w.coordinator.address,
      status: 1n,
      feeBps: 250n,
      deadline: BigInt(workflow.deadline),
      escrow,
      refunded: 0n,
      terms,
      endedAt: 0n,
    });
    await w.send(w.requester, "cancel", [workflow.id]);
    const endedAt = BigInt(await time.latest());
    await w.send(w.requester, "refund", [workflow.id]);
    expect((await w.market.workflowOf(workflow.id)).toObject()).to.deep.equal({
      ...told,
      status: 3n,
      refunded: escrow,
      endedAt,
    });
  });

  it("tell a slot's digest of the live claim, then of the batch, then nothing but that it is free", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0, 1], { slot: 3 });
    const claimedAt = await time.latest();
    const slot = () => w.market.slotOf(operator!.address, 3);
    const live = BigInt(ticketHash(claim.ticket)) & LOW_200;
    expect(await slot()).to.deep.equal([1n, BigInt(claimedAt + 600), 0n, 0n, live]);
    const batch = await w.commit(claim, { wrong: [1] });
    const maturesAt = BigInt((await time.latest()) + 300);
    const root = commitmentsRoot(batch.commitments);
    const committed = BigInt(batchHash(batch.ticket, root)) & LOW_200;
    expect(await slot()).to.deep.equal([2n, maturesAt, 0n, 0n, committed]);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 1));
    expect(await slot()).to.deep.equal([2n, maturesAt, 1n, 0n, committed]);
    await time.increase(300);
    await w.settle(batch);
    expect(await slot()).to.deep.equal([3n, 0n, 0n, 0n, 0n]);
  });

  it("tell what became of each attempt: struck ones with what is left in their pots", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    for (const attempt of [1, 2, 3]) {
      const claim = await w.claim(workflow, w.operators[0]!, [0], { attempt, slot: attempt });
      const batch = await w.commit(claim, { wrong: attempt === 3 ? [] : [0] });
      if (attempt < 3) await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    }
    const fates = await Promise.all(
      [1, 2, 3].map(async (attempt) => {
        const { isVoid, isStruck, pot } = await w.market.fateOf(workflow.id, 0, attempt);
        return [isVoid, isStruck, pot];
      }),
    );
    expect(fates).to.deep.equal([
      [false, true, 75n],
      [false, true, 75n],
      [false, false, 0n],
    ]);
    expect(await w.market.retryOf(workflow.id, 0)).to.deep.equal([2n, false]);
  });

  it("tell what came in less what went out", async () => {
    const w = await freshWorld();
    const before = await w.market.held();
    const workflow = await w.open();
    const { escrow } = await w.market.workflowOf(workflow.id);
    expect(await w.market.held()).to.equal(before + escrow);
    await w.settle(await w.matured(workflow, w.operators[0]!, [0]));
    expect(await w.market.held()).to.equal(before + escrow);
    await w.send(w.operators[0]!, "withdrawOwed", [w.operators[0]!.address]);
    expect(await w.market.held()).to.equal(before + escrow - 1_000n);
  });

  it("tell the commitment of a result as protocol/commitment makes it", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [7]);
    const result = statementOf(workflow.id, 7);
    const { root } = claim.ticket;
    expect(
      await w.market.commitmentOf(workflow.id, 7, 1, operator!.address, root, sha256(result)),
    ).to.equal(w.commitmentFor(claim, 7, result));
  });
});
