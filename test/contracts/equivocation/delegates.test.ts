import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { deploy } from "../support/contract";
import { bystanders, freshCourt, SHARE } from "../support/court";
import { batchArgs, claimArgs, OTHER_RESULT, receipt } from "../support/receipts";
import { MIN_STAKE, statementOf, UNBONDING_DELAY, UNIT, type Account } from "../support/world";

async function withDelegate() {
  const court = await freshCourt();
  const [operator] = court.w.operators;
  const [delegate, next] = (await bystanders()).slice(6);
  await court.w.send(operator!, "setDelegate", [delegate!.address]);
  return { court, w: court.w, operator: operator!, delegate: delegate!, next: next! };
}

describe("Receipts by an operator's delegate", () => {
  it("are evidence, beside the operator's own", async () => {
    const { court, w, delegate } = await withDelegate();
    const claim = await w.claim(court.workflow, w.operators[0]!, [0]);
    const own = await receipt(w, claim, 0, statementOf(court.workflow.id, 0));
    const signer = delegate;
    const other = await receipt(w, claim, 0, OTHER_RESULT, { signer });
    await w.send(w.stranger, "strikeReceipts", claimArgs(claim, 0, [own, other]));
    expect((await w.account(w.stranger.address)).owed).to.equal(SHARE.challenger);
  });

  for (const successor of ["another key", "nobody"])
    it(`stay evidence once ${successor} has taken its place: changing keys excuses nothing`, async () => {
      const { court, w, operator, delegate, next } = await withDelegate();
      const batch = await court.batch(0);
      const signed = await receipt(w, batch, 0, OTHER_RESULT, { signer: delegate });
      const address = successor === "nobody" ? ethers.ZeroAddress : next.address;
      await w.send(operator, "setDelegate", [address]);
      await w.send(w.stranger, "strikeReceipt", batchArgs(w, batch, 0, signed));
    });

  it("in a dispute count too", async () => {
    const { court, w, operator, delegate } = await withDelegate();
    const batch = await court.batch(0);
    const key = await court.demand(batch, 0);
    await w.send(operator, "setDelegate", [ethers.ZeroAddress]);
    const signed = await receipt(w, batch, 0, OTHER_RESULT, { signer: delegate });
    const args = [key, batch.ticket.root, court.judgeHash(batch), signed];
    await w.send(w.stranger, "strikeReceiptDisputed", args);
  });

  it("of a key replaced an unbonding delay ago are none: claims of its time are over, and it may be stolen", async () => {
    const { court, w, operator, delegate } = await withDelegate();
    await w.send(operator, "setDelegate", [ethers.ZeroAddress]);
    const lastDay = (await time.latest()) + UNBONDING_DELAY;
    const workflow = await openAt(court, lastDay - 1_000);
    await time.increaseTo(lastDay - 10);
    const batch = await w.commit(await w.claim(workflow, operator, [0, 1]));
    const signer = delegate;
    const signed = await receipt(w, batch, 0, OTHER_RESULT, { signer });
    await time.setNextBlockTimestamp(lastDay);
    await w.send(w.stranger, "strikeReceipt", batchArgs(w, batch, 0, signed));
    const late = await receipt(w, batch, 1, OTHER_RESULT, { signer });
    await w.refuses(w.stranger, "strikeReceipt", batchArgs(w, batch, 1, late), "SignatureInvalid", [
      operator.address,
    ]);
  });

  it("of a key that was given back its place count again", async () => {
    const { court, w, operator, delegate } = await withDelegate();
    for (const address of [ethers.ZeroAddress, delegate.address])
      await w.send(operator, "setDelegate", [address]);
    const workflow = await openAt(court, (await time.latest()) + UNBONDING_DELAY + 1);
    const batch = await w.commit(await w.claim(workflow, operator, [0]));
    const signed = await receipt(w, batch, 0, OTHER_RESULT, { signer: delegate });
    await w.send(w.stranger, "strikeReceipt", batchArgs(w, batch, 0, signed));
  });

  it("of another operator's delegate are none", async () => {
    const { court, w, operator, delegate } = await withDelegate();
    const [, other] = w.operators;
    const batch = await court.batch(0, { operator: other! });
    const signed = await receipt(w, batch, 0, OTHER_RESULT, { signer: delegate });
    await w.refuses(
      w.stranger,
      "strikeReceipt",
      batchArgs(w, batch, 0, signed),
      "SignatureInvalid",
      [other!.address],
    );
    expect(await w.market.delegateOf(operator.address)).to.equal(delegate.address);
  });
});

describe("Receipts of an operator that is a contract", () => {
  it("are evidence if it says so (ERC-1271)", async () => {
    const { court, w, delegate } = await withDelegate();
    const contract = await deploy("ContractSigner", [delegate.address]);
    const address = await contract.getAddress();
    await w.send(w.stranger, "deposit", [address, MIN_STAKE * 2n], {
      value: MIN_STAKE * 2n * UNIT,
    });
    const operator = (await ethers.getImpersonatedSigner(address)) as unknown as Account;
    await ethers.provider.send("hardhat_setBalance", [address, "0xde0b6b3a7640000"]);
    const batch = await court.batch(0, { operator });
    const signed = await receipt(w, batch, 0, OTHER_RESULT, { signer: delegate });
    const forged = await receipt(w, batch, 0, OTHER_RESULT, { signer: w.stranger });
    await w.refuses(
      w.stranger,
      "strikeReceipt",
      batchArgs(w, batch, 0, forged),
      "SignatureInvalid",
    );
    await w.send(w.stranger, "strikeReceipt", batchArgs(w, batch, 0, signed));
  });
});

/** A workflow opened at a time, because a workflow's deadline in this world is a day away. */
async function openAt({ w, workflow }: Awaited<ReturnType<typeof freshCourt>>, when: number) {
  await time.increaseTo(when);
  return w.open({ steps: workflow.steps });
}
