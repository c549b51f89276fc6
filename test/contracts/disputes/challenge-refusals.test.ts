import { time } from "@nomicfoundation/hardhat-network-helpers";
import { ethers } from "hardhat";
import { toHex, type Hex } from "viem";
import { openCommitment } from "../../../protocol/commitment";
import { ticketStruct } from "../../../protocol/ticket";
import { deploy } from "../support/contract";
import { freshCourt } from "../support/court";
import { freshWorld, range, statementOf, ZERO32, type World } from "../support/world";
import { wrongBatch } from "../support/wrong-batch";

const refused = (w: World, args: unknown[], error: string, errorArgs?: unknown[]) =>
  w.refuses(w.challenger, "challenge", args, error, errorArgs);

describe("Market.challenge refuses", () => {
  it("a right result", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w);
    await refused(w, w.challengeArgs(batch, 2), "ResultValid", [w.echo]);
  });

  it("from maturity on, and not a second before", async () => {
    const w = await freshWorld();
    const { batch, operator } = await wrongBatch(w, [0, 1], [0, 1]);
    const { time: maturesAt } = await w.market.slotOf(operator.address, 0);
    await time.setNextBlockTimestamp(maturesAt - 1n);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    await time.setNextBlockTimestamp(maturesAt);
    await refused(w, w.challengeArgs(batch, 1), "Matured", [maturesAt]);
  });

  it("claims, settled batches and empty slots", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0]);
    const { commitments } = await w.commitCall(claim);
    await refused(w, w.challengeArgs({ ...claim, commitments }, 0), "SlotState", [0, 1, 2]);
    const batch = await w.commit(claim);
    const elsewhere = w.challengeArgs(batch, 0, { batch: { slot: 5 } });
    await refused(w, elsewhere, "SlotState", [5, 0, 2]);
    const others = w.challengeArgs(batch, 0, { batch: { operator: w.operators[1]!.address } });
    await refused(w, others, "SlotState", [0, 0, 2]);
    await time.increase(300);
    await w.settle(batch);
    await refused(w, w.challengeArgs(batch, 0), "SlotState", [0, 3, 2]);
  });

  it("a second strike, also of a task that was claimed again", async () => {
    const w = await freshWorld();
    const { workflow, batch } = await wrongBatch(w);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 3));
    await refused(w, w.challengeArgs(batch, 3), "AlreadyStruck", [3, 1]);
    await w.claim(workflow, w.operators[1]!, [3], { attempt: 2 });
    await refused(w, w.challengeArgs(batch, 3), "AlreadyStruck", [3, 1]);
  });

  it("a task that has left its batch for a dispute", async () => {
    const court = await freshCourt();
    const batch = await court.batch(0, { wrong: [0] });
    await court.demand(batch, 0);
    await refused(court.w, court.w.challengeArgs(batch, 0), "AlreadyStruck", [0, 1]);
  });

  it("a result, a position or a root that was not committed to", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w);
    const spoiled = [
      { result: toHex("another") },
      { batch: { commitment: openCommitment(batch.commitments, 2) } },
      { batch: { root: ethers.id("another root") } },
    ];
    for (const change of spoiled)
      await refused(w, w.challengeArgs(batch, 3, change), "CommitmentMismatch");
  });

  it("chunks that do not make up the batch", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w, range(0, 20), [3]);
    const opening = openCommitment(batch.commitments, 3);
    const spoiled = [
      { ...opening, chunk: [...opening.chunk].reverse() },
      { ...opening, chunkHashes: [...opening.chunkHashes].reverse() },
      { ...opening, chunkHashes: [] },
      { ...opening, chunk: [] },
      { ...opening, position: 19n + 32n },
      { ...opening, position: 2n ** 256n - 1n },
    ];
    for (const commitment of spoiled)
      await refused(w, w.challengeArgs(batch, 3, { batch: { commitment } }), "DigestMismatch", [0]);
  });

  it("a ticket that the slot does not stand for, word by word", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w);
    const ticket = ticketStruct(batch.ticket);
    const spoiled = [
      { ...ticket, money: ticket.money + (1n << 96n) },
      { ...ticket, scope: ticket.scope + (1n << 192n) },
      { ...ticket, bound: ZERO32 },
    ];
    for (const other of spoiled) {
      const args = w.challengeArgs(batch, 3, { batch: { ticket: other } });
      await refused(w, args, "DigestMismatch", [0]);
    }
  });

  it("a leaf that the coordinator did not sign, and one of another attempt", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w);
    const leaf = batch.offer.leaves[3]!;
    const unsigned = [
      { path: [] },
      { leaf: { ...leaf, statementDigest: ZERO32 } },
      { leaf: { ...leaf, inputsDigest: ZERO32 } },
    ];
    for (const change of unsigned)
      await refused(w, w.challengeArgs(batch, 3, { leaf: change }), "LeafMismatch", [3, 1]);
    const later = w.challengeArgs(batch, 3, { leaf: { leaf: { ...leaf, attempt: 2 } } });
    await refused(w, later, "LeafMismatch", [3, 2]);
  });

  it("a leaf of another task of the batch, of none of its tasks, or of another word", async () => {
    const w = await freshWorld();
    const { batch } = await wrongBatch(w);
    const leaf = batch.offer.leaves[3]!;
    const neighbour = w.challengeArgs(batch, 3, { leaf: w.leafOpening(batch, 2) });
    await refused(w, neighbour, "CommitmentMismatch", [ZERO32, batch.commitments[3]]);
    for (const task of [9, 195]) {
      const args = w.challengeArgs(batch, 3, { leaf: { leaf: { ...leaf, task } } });
      await refused(w, args, "CommitmentMismatch", [ZERO32, batch.commitments[3]]);
    }
  });

  it("a commitment to another attempt than the ticket's, and with it its leaf", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0]);
    const leaves = [{ ...claim.offer.leaves[0]!, attempt: 7 }];
    const assignment = { ...claim.offer.assignment, attempt: 7 };
    const odd = { ...claim, offer: { ...claim.offer, leaves, assignment } };
    const { call, commitments, results } = await w.commitCall(odd, { wrong: [0] });
    await w.advance(operator!, { commits: [call] });
    await refused(w, w.challengeArgs({ ...odd, commitments, results }, 0), "CommitmentMismatch");
  });

  it("another statement than the signed one", async () => {
    const w = await freshWorld();
    const { workflow, batch } = await wrongBatch(w);
    const statement = statementOf(workflow.id, 4);
    await refused(w, w.challengeArgs(batch, 3, { statement }), "StatementMismatch");
  });

  it("terms that are not the step's, and steps under another rule", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const accepted = await w.claim(workflow, operator!, [300], { step: 1 });
    const batch = await w.commit(accepted, { wrong: [300] });
    await refused(w, w.challengeArgs(batch, 300), "RuleMismatch", [1, 0]);
    const { judge } = workflow.steps[0]!;
    const args = w.challengeArgs(batch, 300, { judge });
    await refused(w, args, "StepsMismatch", [workflow.id, 1]);
  });

  it("a verifier that has no code any more: it says neither yes nor no", async () => {
    const w = await freshWorld();
    const verifier = (await (await deploy("EchoVerifier")).getAddress()) as Hex;
    const workflow = await w.open({ steps: w.steps({}, { verifier }) });
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, [0]), { wrong: [0] });
    await ethers.provider.send("hardhat_setCode", [verifier, "0x"]);
    await refused(w, w.challengeArgs(batch, 0), "VerifierWithoutCode", [verifier]);
  });
});
