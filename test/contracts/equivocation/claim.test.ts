import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { withMask } from "../../../protocol/ticket";
import { BOND, freshCourt, PRICE, SHARE, WINDOW } from "../support/court";
import { told } from "../support/events";
import { claimArgs, OTHER_RESULT, receipt } from "../support/receipts";
import { statementOf, ZERO32, type Claim } from "../support/world";

/** A live claim of three tasks, and two receipts of different results for the second. */
async function equivocated() {
  const court = await freshCourt();
  const { w } = court;
  const [operator] = w.operators;
  const claim = await w.claim(court.workflow, operator!, [0, 1, 2], { slot: 8 });
  const right = await receipt(w, claim, 1, statementOf(court.workflow.id, 1));
  const wrong = await receipt(w, claim, 1, OTHER_RESULT);
  return { court, w, operator: operator!, claim, right, wrong };
}

describe("Market.strikeReceipts", () => {
  it("strikes a claimed task with two receipts that differ; the rest of the claim goes on", async () => {
    const { court, w, operator, claim, right, wrong } = await equivocated();
    const events = await w.send(w.stranger, "strikeReceipts", claimArgs(claim, 1, [right, wrong]));
    expect(events.map(told)).to.deep.equal([
      {
        name: "Struck",
        operator: operator.address,
        workflow: BigInt(court.workflow.id),
        task: 1n,
        attempt: 1n,
        challenger: w.stranger.address,
        slot: 8n,
        bond: BOND,
        toChallenger: SHARE.challenger,
        toRequester: SHARE.requester,
        pot: SHARE.pot,
      },
    ]);
    expect(await w.market.retryOf(court.workflow.id, 1)).to.deep.equal([1n, true]);
    expect((await w.market.taskWordOf(court.workflow.id, 0)).spent).to.equal(2n * PRICE);
    const batch = await w.commit({ ...claim, ticket: withMask(claim.ticket, 5n) });
    await time.increase(WINDOW);
    await w.settle(batch);
    expect(await w.account(operator.address)).to.deep.equal({
      free: 10_000_000n - BOND,
      locked: 0n,
      owed: 2n * PRICE,
    });
  });

  it("takes both words for one attempt out of one signature", async () => {
    const { w, claim } = await equivocated();
    const result = statementOf(claim.offer.workflow.id, 1);
    const [one, other] = [result, OTHER_RESULT].map((each) => w.commitmentFor(claim, 1, each));
    const first = await receipt(w, claim, 1, result, { after: [other!] });
    const second = await receipt(w, claim, 1, OTHER_RESULT, { before: [one!] });
    expect(first.signature).to.equal(second.signature);
    await w.send(w.stranger, "strikeReceipts", claimArgs(claim, 1, [first, second]));
  });

  it("frees the slot with the claim's last task", async () => {
    const { court, w, operator, claim } = await equivocated();
    let rest: Claim = claim;
    for (const [task, left] of [
      [0, 6n],
      [1, 4n],
      [2, 0n],
    ] as const) {
      const one = await receipt(w, claim, task, statementOf(court.workflow.id, task));
      const other = await receipt(w, claim, task, OTHER_RESULT);
      await w.send(w.stranger, "strikeReceipts", claimArgs(rest, task, [one, other]));
      if (left !== 0n) rest = { ...rest, ticket: withMask(claim.ticket, left) };
    }
    const { state } = await w.market.slotOf(operator.address, 8);
    expect([state, (await w.account(operator.address)).locked]).to.deep.equal([3n, 0n]);
  });

  it("strikes a claim that is past its deadline too, which then is no longer late", async () => {
    const { w, operator, claim, right, wrong } = await equivocated();
    await time.increase(601);
    await w.send(w.stranger, "strikeReceipts", claimArgs(claim, 1, [right, wrong]));
    const rest = withMask(claim.ticket, 5n);
    const args = claimArgs({ ...claim, ticket: rest }, 0, [right, wrong]).slice(0, 3);
    await w.send(w.stranger, "expire", args);
    expect((await w.account(operator.address)).locked).to.equal(0n);
  });

  it("lets a later attempt claim the task", async () => {
    const { court, w, claim, right, wrong } = await equivocated();
    await w.send(w.stranger, "strikeReceipts", claimArgs(claim, 1, [right, wrong]));
    await w.claim(court.workflow, w.operators[1]!, [1], { attempt: 2 });
  });

  it("refuses two receipts of one result, and others' signatures", async () => {
    const { w, operator, claim, right, wrong } = await equivocated();
    const forged = await receipt(w, claim, 1, OTHER_RESULT, { signer: w.stranger });
    const refused = (receipts: [typeof right, typeof right], error: string, args: unknown[]) =>
      w.refuses(w.stranger, "strikeReceipts", claimArgs(claim, 1, receipts), error, args);
    await refused([right, right], "SameResult", [right.resultDigest]);
    await refused([right, forged], "SignatureInvalid", [operator.address]);
    await refused([forged, wrong], "SignatureInvalid", [operator.address]);
  });

  it("refuses tasks that are not the claim's, and other tickets, roots and terms", async () => {
    const { court, w, claim, right, wrong } = await equivocated();
    const refused = (change: Record<string, unknown>, error: string, args: unknown[]) =>
      w.refuses(
        w.stranger,
        "strikeReceipts",
        claimArgs(claim, 1, [right, wrong], change),
        error,
        args,
      );
    await refused({ task: 3 }, "MaskInvalid", [0, 7]);
    await refused({ task: 193 }, "MaskInvalid", [0, 7]);
    await refused({ slot: 9 }, "SlotState", [9, 0, 1]);
    await refused({ root: ZERO32 }, "StepsMismatch", [court.workflow.id, 0]);
    await refused({ judgeHash: ZERO32 }, "StepsMismatch", [court.workflow.id, 0]);
    const part = { ...claim, ticket: withMask(claim.ticket, 2n) };
    const [, , ticket] = claimArgs(part, 1, [right, wrong]);
    await refused({ ticket }, "DigestMismatch", [8]);
  });

  it("refuses batches: there a receipt is held against the commitment", async () => {
    const { w, claim, right, wrong } = await equivocated();
    await w.commit(claim);
    await w.refuses(
      w.stranger,
      "strikeReceipts",
      claimArgs(claim, 1, [right, wrong]),
      "SlotState",
      [8, 2, 1],
    );
  });
});
