import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { toHex } from "viem";
import { assignmentPath } from "../../../protocol/assignment";
import { openCommitment } from "../../../protocol/commitment";
import { termsOpening } from "../../../protocol/terms";
import { freshWorld, range, statementOf, WRONG_RESULT, ZERO32, type World } from "../support/world";

async function wrongBatch(w: World, tasks = range(0, 8), wrong = [3]) {
  const workflow = await w.open();
  const batch = await w.commit(await w.claim(workflow, w.operators[0]!, tasks), { wrong });
  return { workflow, batch, operator: w.operators[0]! };
}

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
      // 501: four tenths to the challenger and three to the requester, each rounded down, the rest burned.
      expect(event!.args.toArray()).to.deep.equal([
        operator.address,
        BigInt(workflow.id),
        BigInt(task),
        1n,
        w.challenger.address,
        0n,
        501n,
        200n,
        150n,
        151n,
      ]);
      expect((await w.account(operator.address)).locked).to.equal(501n * BigInt(size - 1));
      expect((await w.account(w.challenger.address)).owed).to.equal(200n);
      expect((await w.account(w.requester.address)).owed).to.equal(150n);
      expect((await w.market.slotOf(operator.address, 0)).struck).to.equal(1n);
      expect((await w.market.taskWordOf(workflow.id, 0)).spent).to.equal(1_000n * BigInt(size - 1));
    });

  it("opens the task to a later attempt, elsewhere, which is paid", async () => {
    const w = await freshWorld();
    const { workflow, batch } = await wrongBatch(w);
    const next = w.operators[1]!;
    const early = await w.offer(workflow, next, [3], { attempt: 2 });
    await w.refuses(next, "advance", [[], [], [w.claimCall(early)]], "TaskTaken", [3, 2]);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 3));
    const stale = await w.offer(workflow, next, [3], { attempt: 1 });
    await w.refuses(next, "advance", [[], [], [w.claimCall(stale)]], "TaskTaken", [3, 1]);
    const retried = await w.matured(workflow, next, [3], { attempt: 2 });
    await w.settle(retried);
    expect((await w.account(next.address)).owed).to.equal(1_000n);
  });

  it("strikes a commitment once", async () => {
    const w = await freshWorld();
    const { workflow, batch } = await wrongBatch(w);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 3));
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 3), "AlreadyStruck", [3, 1]);
    await w.claim(workflow, w.operators[1]!, [3], { attempt: 2 });
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 3), "AlreadyStruck", [3, 1]);
  });

  it("strikes the retry too, if it is wrong again", async () => {
    const w = await freshWorld();
    const { workflow, batch } = await wrongBatch(w);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 3));
    const again = await w.commit(await w.claim(workflow, w.operators[1]!, [3], { attempt: 2 }), {
      wrong: [3],
    });
    await w.send(w.challenger, "challenge", w.challengeArgs(again, 3));
    expect(await w.market.retryOf(workflow.id, 3)).to.deep.equal([2n, true]);
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

  it("refuses a right result", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w);
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 2), "ResultValid", [w.echo]);
  });

  it("strikes a second before maturity, and refuses at maturity", async () => {
    const w = await freshWorld();
    const { batch, operator } = await wrongBatch(w, [0, 1], [0, 1]);
    const { time: maturesAt } = await w.market.slotOf(operator.address, 0);
    await time.setNextBlockTimestamp(maturesAt - 1n);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    await time.setNextBlockTimestamp(maturesAt);
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 1), "Matured", [maturesAt]);
  });

  it("refuses claims, settled batches and empty slots", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [0]);
    const { commitments } = await w.commitCall(claim);
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs({ ...claim, commitments }, 0),
      "SlotState",
      [0, 1, 2],
    );
    const batch = await w.commit(claim);
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 0, { slot: 5 }),
      "SlotState",
      [5, 0, 2],
    );
    await time.increase(300);
    await w.settle(batch);
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 0), "SlotState", [0, 3, 2]);
  });

  it("refuses a result or a position that was not committed", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w);
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 3, { result: toHex("another") }),
      "CommitmentMismatch",
    );
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 3, { commitment: openCommitment(batch.commitments, 2) }),
      "CommitmentMismatch",
    );
  });

  it("refuses chunks that do not make up the batch", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w, range(0, 20), [3]);
    const opening = openCommitment(batch.commitments, 3);
    const spoiled = [
      { ...opening, chunk: [...opening.chunk].reverse() },
      { ...opening, chunkHashes: [...opening.chunkHashes].reverse() },
      { ...opening, chunkHashes: [] },
      { ...opening, chunk: [] },
      { ...opening, position: 19n + 32n },
    ];
    for (const commitment of spoiled)
      await w.refuses(
        w.challenger,
        "challenge",
        w.challengeArgs(batch, 3, { commitment }),
        "DigestMismatch",
        [0],
      );
  });

  it("refuses tickets that the slot does not stand for", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w);
    const ticket = { ...batch.ticket, head: batch.ticket.head + (1n << 48n) };
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 3, { ticket }),
      "DigestMismatch",
      [0],
    );
  });

  it("refuses a leaf of another task or attempt, and one that the coordinator did not sign", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w);
    const leaf = batch.offer.leaves[3]!;
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 3, { leafPath: [] }),
      "LeafMismatch",
      [3, 1],
    );
    const invented = { ...leaf, statementDigest: ZERO32 };
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 3, { leaf: invented }),
      "LeafMismatch",
      [3, 1],
    );
    const neighbour = {
      leaf: batch.offer.leaves[2],
      leafPath: assignmentPath(batch.offer.leaves, 2),
    };
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 3, neighbour),
      "CommitmentMismatch",
    );
    for (const change of [{ attempt: 2 }, { task: 9 }, { task: 195 }])
      await w.refuses(
        w.challenger,
        "challenge",
        w.challengeArgs(batch, 3, { leaf: { ...leaf, ...change } }),
        "CommitmentMismatch",
      );
  });

  it("refuses a leaf whose attempt is not the ticket's, although the operator committed to it", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [0]);
    const leaf = { ...claim.offer.leaves[0]!, attempt: 7 };
    const odd = {
      ...claim,
      offer: {
        ...claim.offer,
        leaves: [leaf],
        assignment: { ...claim.offer.assignment, attempt: 7 },
      },
    };
    const { call, commitments, results } = await w.commitCall(odd, { wrong: [0] });
    await w.send(operator!, "advance", [[], [call], []]);
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs({ ...odd, commitments, results }, 0),
      "LeafMismatch",
      [0, 7],
    );
  });

  it("refuses another statement than the signed one", async () => {
    const w = await freshWorld();
    const { workflow, batch } = await wrongBatch(w);
    const statement = statementOf(workflow.id, 4);
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 3, { statement }),
      "StatementMismatch",
    );
  });

  it("refuses terms that are not the step's, and steps under another rule", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const batch = await w.commit(await w.claim(workflow, operator!, [300], { step: 1 }), {
      wrong: [300],
    });
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 300), "RuleMismatch", [1, 0]);
    const opening = termsOpening(workflow.steps, 0);
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 300, { opening }),
      "StepsMismatch",
      [workflow.id, 1],
    );
  });

  it("counts strikes of a part and of the rest of a claim apart", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, range(0, 4));
    const part = await w.commit(claim, { tasks: [1, 3], wrong: [3], partSlot: 5 });
    await w.send(w.challenger, "challenge", w.challengeArgs(part, 3));
    expect((await w.market.slotOf(operator!.address, 5)).struck).to.equal(1n);
    expect((await w.market.slotOf(operator!.address, 0)).struck).to.equal(0n);
    expect(part.results[1]).to.equal(WRONG_RESULT);
  });
});
