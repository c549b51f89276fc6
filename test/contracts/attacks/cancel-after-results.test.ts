import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { LIMITS } from "../../../protocol/limits";
import { stepsRoot } from "../../../protocol/terms";
import { freshWorld, LATE_CLAIMS, range } from "../support/world";

describe("Attack: results taken and then cancelled", () => {
  it("fails: what was committed before is paid, and the refund leaves it and its fee alone", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, range(0, 5)));
    await w.send(w.requester, "cancel", [workflow.id]);
    await w.send(w.requester, "refund", [workflow.id]);
    await time.increase(300);
    await w.settle(batch);
    await time.increase(700 + LIMITS.feeDelay);
    const [fee] = await w.send(w.coordinator, "payFee", [workflow.id]);
    expect([(await w.account(w.operators[0]!.address)).owed, fee!.args.amount]).to.deep.equal([
      5_000n,
      125n,
    ]);
  });

  it("fails between claim and commit: whoever was at work when it was cancelled is paid in full", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, range(0, 5));
    const accepted = await w.claim(workflow, operator!, [300], { step: 1, slot: 1 });
    const made = await w.commitCall(accepted); // its result was shown, and accepted
    await w.send(w.requester, "cancel", [workflow.id]);
    await w.send(w.requester, "refund", [workflow.id]);
    const batch = await w.commit(claim);
    await w.advance(operator!, { commits: [made.call] });
    await time.increase(300);
    await w.advance(operator!, { settles: [w.settleCall(batch), w.settleCall(made.batch)] });
    expect((await w.account(operator!.address)).owed).to.equal(5_700n);
  });

  it("fails by finishing early, and with the coordinator's help", async () => {
    const w = await freshWorld();
    const workflow = await w.open({ steps: w.steps().slice(0, 2) });
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [0]);
    await w.send(w.coordinator, "finish", [workflow.id]);
    const batch = await w.commit(claim);
    await time.increase(LATE_CLAIMS);
    await w.send(w.requester, "refund", [workflow.id]);
    await w.settle(await maturedFrom(batch));
    expect((await w.account(operator!.address)).owed).to.equal(1_000n);
  });

  it("fails by a final proof in the meantime: live claims are paid after it as well", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator, prover] = w.operators;
    const claim = await w.claim(workflow, operator!, [0]);
    const final = await w.claim(workflow, prover!, [492], { step: 2 });
    await w.send(prover!, "submitFinal", w.finalArgs(final));
    const batch = await w.commit(claim);
    await time.increase(LATE_CLAIMS);
    await w.send(w.requester, "refund", [workflow.id]);
    await w.settle(await maturedFrom(batch));
    expect((await w.account(operator!.address)).owed).to.equal(1_000n);
  });

  it("fails by replacing the coordinator where a verifier judges: nobody's consent is needed to commit", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [0]);
    const replaced = [workflow.id, w.stranger.address, stepsRoot(workflow.steps)];
    await w.send(w.requester, "replaceCoordinator", replaced);
    await w.settle(await maturedFrom(await w.commit(claim)));
    expect((await w.account(operator!.address)).owed).to.equal(1_000n);
  });
});

/** Lets a batch's window pass. */
async function maturedFrom<T>(batch: T): Promise<T> {
  await time.increase(300);
  return batch;
}
