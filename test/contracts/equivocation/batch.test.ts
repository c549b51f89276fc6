import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { toHex, type Hex } from "viem";
import { BOND, freshCourt, PRICE, SHARE, TASK, WINDOW } from "../support/court";
import { told } from "../support/events";
import { batchArgs, OTHER_RESULT, receipt } from "../support/receipts";
import { range, statementOf, ZERO32 } from "../support/world";

describe("Market.strikeReceipt", () => {
  it("strikes a committed task whose receipt is of another result, whether or not it is right", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [operator] = w.operators;
    const batch = await court.batch(TASK.jury, { count: 3, slot: 4 });
    const task = TASK.jury + 2;
    const signed = await receipt(w, batch, task, OTHER_RESULT);
    const events = await w.send(w.stranger, "strikeReceipt", batchArgs(w, batch, task, signed));
    expect(events.map(told)).to.deep.equal([
      {
        name: "Struck",
        operator: operator!.address,
        workflow: BigInt(court.workflow.id),
        task: BigInt(task),
        attempt: 1n,
        challenger: w.stranger.address,
        slot: 4n,
        bond: BOND,
        toChallenger: SHARE.challenger,
        toRequester: SHARE.requester,
        pot: SHARE.pot,
      },
    ]);
    expect(await w.market.retryOf(court.workflow.id, task)).to.deep.equal([1n, true]);
    expect(await court.fate(task)).to.deep.equal([false, true, true, SHARE.pot]);
    await time.increase(WINDOW);
    await w.settle(batch);
    expect(await w.account(operator!.address)).to.deep.equal({
      free: 10_000_000n - BOND,
      locked: 0n,
      owed: 2n * PRICE,
    });
  });

  it("refuses a second strike of the same attempt", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 2, wrong: [0] });
    const args = batchArgs(w, batch, 0, await receipt(w, batch, 0, OTHER_RESULT));
    await w.send(w.stranger, "strikeReceipt", args);
    await w.refuses(w.stranger, "strikeReceipt", args, "AlreadyStruck", [0, 1]);
    await w.refuses(w.stranger, "challenge", w.challengeArgs(batch, 0), "AlreadyStruck", [0, 1]);
  });

  it("refuses a receipt of the committed result", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const same = await receipt(w, batch, 0, statementOf(court.workflow.id, 0));
    await w.refuses(w.stranger, "strikeReceipt", batchArgs(w, batch, 0, same), "SameResult", [
      same.resultDigest,
    ]);
  });

  it("refuses receipts of another task, attempt, root or operator, and of other keys", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [operator, other] = w.operators;
    const batch = await court.batch(0, { count: 2 });
    const receipts = [
      await receipt(w, batch, 1, OTHER_RESULT),
      await receipt(w, batch, 0, OTHER_RESULT, { attempt: 2 }),
      await receipt(w, batch, 0, OTHER_RESULT, { root: ZERO32 }),
      await receipt(w, batch, 0, OTHER_RESULT, { operator: other!.address }),
      await receipt(w, batch, 0, OTHER_RESULT, { signer: other! }),
      await receipt(w, batch, 0, OTHER_RESULT, { signer: w.coordinator }),
      { ...(await receipt(w, batch, 0, OTHER_RESULT)), signature: "0x" },
      { ...(await receipt(w, batch, 0, OTHER_RESULT)), resultDigest: toHex(1n, { size: 32 }) },
    ];
    for (const spoiled of receipts)
      await w.refuses(
        w.stranger,
        "strikeReceipt",
        batchArgs(w, batch, 0, spoiled),
        "SignatureInvalid",
        [operator!.address],
      );
  });

  it("takes receipts that were signed together, from any place of any batch", async () => {
    const court = await freshCourt();
    const { w } = court;
    const sizes = [2, 3, 5, 8];
    const places = sizes.flatMap((size) => range(0, size).map((place) => [size, place] as const));
    const batch = await court.batch(0, { count: places.length });
    for (const [task, [size, place]] of places.entries()) {
      const others = range(0, size - 1).map((n) => toHex(BigInt(n), { size: 32 }));
      const [before, after] = [others.slice(0, place), others.slice(place)];
      const signed = await receipt(w, batch, task, OTHER_RESULT, { before, after });
      await w.send(w.stranger, "strikeReceipt", batchArgs(w, batch, task, signed));
    }
    const { free } = await w.account(w.operators[0]!.address);
    expect(free).to.equal(10_000_000n - BOND * BigInt(places.length));
  });

  it("refuses a path that is spoiled, cut short or too long, and one whose start is not the commitment", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [operator] = w.operators;
    const batch = await court.batch(0, { count: 2 });
    const others = [toHex(1n, { size: 32 }), toHex(2n, { size: 32 })];
    const signed = await receipt(w, batch, 0, OTHER_RESULT, { after: others });
    const [first, second] = signed.path as [Hex, Hex];
    const alone = await receipt(w, batch, 0, OTHER_RESULT);
    const paths = [[second, first], [first, ZERO32], [first], [], [first, second, ZERO32]];
    const spoiled = [
      ...paths.map((path) => ({ ...signed, path })),
      { ...alone, path: [ZERO32] },
      { ...signed, resultDigest: first },
    ];
    for (const one of spoiled)
      await w.refuses(
        w.stranger,
        "strikeReceipt",
        batchArgs(w, batch, 0, one),
        "SignatureInvalid",
        [operator!.address],
      );
  });

  it("refuses roots and terms that the ticket does not bind, tasks of other places, matured batches", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 2 });
    const maturesAt = (await time.latest()) + WINDOW;
    const signed = await receipt(w, batch, 0, OTHER_RESULT);
    const refused = (change: Record<string, unknown>, error: string, args?: unknown[]) =>
      w.refuses(w.stranger, "strikeReceipt", batchArgs(w, batch, 0, signed, change), error, args);
    await refused({ judgeHash: ZERO32 }, "StepsMismatch", [court.workflow.id, 0]);
    await refused({ batch: { ...w.batchOpening(batch, 0), root: ZERO32 } }, "StepsMismatch");
    await refused({ task: 1 }, "CommitmentMismatch");
    await time.setNextBlockTimestamp(maturesAt);
    await refused({}, "Matured", [maturesAt]);
  });
});

describe("Market.strikeReceiptDisputed", () => {
  for (const phase of ["demanded", "drawing", "voting"] as const)
    it(`strikes a ${phase} result, gives the caller its bond back and frees the jury`, async () => {
      const court = await freshCourt();
      const { w } = court;
      const batch = await court.batch(TASK.jury, { slot: 2 });
      const key = await (phase === "demanded"
        ? court.demand(batch, TASK.jury)
        : court.call(batch, TASK.jury));
      if (phase === "voting") await court.sitting(key);
      const signed = await receipt(w, batch, TASK.jury, OTHER_RESULT);
      const args = [key, batch.ticket.root, court.judgeHash(batch), signed];
      const events = await w.send(w.stranger, "strikeReceiptDisputed", args);
      expect(events.map(({ name }) => name)).to.deep.equal(["CallEnded", "Struck"]);
      expect((await w.account(w.stranger.address)).owed).to.equal(SHARE.challenger);
      expect((await w.account(w.challenger.address)).locked).to.equal(0n);
      expect((await w.market.poolOf(court.judgeOf(batch).checkProgram)).drawing).to.equal(0n);
      const { engaged } = await w.market.jurorOf(
        court.judgeOf(batch).checkProgram,
        court.jurors[0]!.address,
      );
      expect(engaged).to.equal(0n);
    });

  it("strikes an appeal, whose claim is gone", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [operator] = w.operators;
    const claim = await w.claim(court.workflow, operator!, [TASK.accepted], { step: 1 });
    await w.send(operator!, "appeal", court.appealArgs(claim, TASK.accepted));
    const signed = await receipt(w, claim, TASK.accepted, OTHER_RESULT);
    const key = court.key(claim, TASK.accepted);
    const args = [key, claim.ticket.root, court.judgeHash(claim), signed];
    await w.send(w.stranger, "strikeReceiptDisputed", args);
    expect((await w.account(operator!.address)).locked).to.equal(0n);
  });

  it("refuses the committed result, other roots and terms, others' signatures, and closed disputes", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const key = await court.demand(batch, 0);
    const signed = await receipt(w, batch, 0, OTHER_RESULT);
    const same = await receipt(w, batch, 0, statementOf(court.workflow.id, 0));
    const [root, hash] = [batch.ticket.root, court.judgeHash(batch)];
    const stranger = await receipt(w, batch, 0, OTHER_RESULT, { signer: w.stranger });
    const refused = (args: unknown[], error: string, errorArgs: unknown[]) =>
      w.refuses(w.stranger, "strikeReceiptDisputed", args, error, errorArgs);
    await refused([key, root, hash, same], "SameResult", [same.resultDigest]);
    await refused([key, ZERO32, hash, signed], "StepsMismatch", [court.workflow.id, 0]);
    await refused([key, root, ZERO32, signed], "StepsMismatch", [court.workflow.id, 0]);
    await refused([key, root, hash, stranger], "SignatureInvalid", [w.operators[0]!.address]);
    await w.send(w.stranger, "strikeReceiptDisputed", [key, root, hash, signed]);
    await refused([key, root, hash, signed], "DisputePhase", [key, 6]);
  });
});
