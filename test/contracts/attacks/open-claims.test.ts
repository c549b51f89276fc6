import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { assignmentPath } from "../../../protocol/assignment";
import { LIMITS } from "../../../protocol/limits";
import { ticketStruct } from "../../../protocol/ticket";
import { LATE_GAS_REFUND } from "../support/court";
import {
  claimOpen,
  FINAL_TASK,
  OPEN_LEAVES,
  openArgs,
  openWorkflow,
  silence,
} from "../support/silence";
import { freshWorld, range } from "../support/world";

const STAKE = 10_000_000n;

async function silent() {
  const w = await freshWorld();
  const workflow = await openWorkflow(w);
  await silence(w, workflow);
  const [attacker, honest] = w.operators;
  return { w, workflow, attacker: attacker!, honest: honest! };
}

describe("Attack: open claims on indices that nobody needs", () => {
  it("fail: a step's unused indices have no leaf under the requester's root", async () => {
    const { w, workflow, attacker } = await silent();
    for (const task of range(100, 4)) {
      const leaf = { ...OPEN_LEAVES[0]!, task };
      const leaves = [{ leaf, path: assignmentPath(OPEN_LEAVES, 0) }];
      const args = openArgs(workflow, attacker, [], { leaves });
      await w.refuses(attacker, "claimOpen", args, "LeafMismatch", [task, 0]);
    }
    expect((await w.market.taskWordOf(workflow.id, 0)).claimed).to.equal(0n);
  });

  it("fail with another task's leaf, twice in one claim or twice in two", async () => {
    const { w, workflow, attacker } = await silent();
    const twice = openArgs(workflow, attacker, [3, 3]);
    await w.refuses(attacker, "claimOpen", twice, "TaskOutOfStep");
    await claimOpen(w, workflow, attacker, [3]);
    const again = openArgs(workflow, attacker, [3], { slot: 1 });
    await w.refuses(attacker, "claimOpen", again, "TaskTaken", [3, 1]);
  });
});

describe("Attack: open claims use up a task's attempt numbers", () => {
  it("fails: an open claim is always of the next attempt, and what ended can be claimed again", async () => {
    const { w, workflow, attacker, honest } = await silent();
    const last = openArgs(workflow, attacker, [FINAL_TASK], { step: 2, attempt: 65_535 });
    await w.refuses(attacker, "claimOpen", last, "AttemptInvalid", [65_535]);
    for (const attempt of [1, 2, 3]) {
      const claim = await claimOpen(w, workflow, attacker, [FINAL_TASK], { step: 2, attempt });
      const args = [attacker.address, 0, ticketStruct(claim.ticket), 0, "0x"];
      await w.send(attacker, "release", args);
    }
    // A tenth of the bond each time, and the task is nobody's again.
    expect((await w.account(attacker.address)).free).to.equal(STAKE - 3n * 200n);
    const claim = await claimOpen(w, workflow, honest, [FINAL_TASK], { step: 2, attempt: 4 });
    await w.send(honest, "submitFinal", w.finalArgs(claim));
  });
});

describe("Attack: open claims that block tasks", () => {
  it("cost a fifth of the bond for one claim time", async () => {
    const { w, workflow, attacker, honest } = await silent();
    const claim = await claimOpen(w, workflow, attacker, range(0, 32));
    await time.increase(601);
    await w.send(honest, "expire", [attacker.address, 0, ticketStruct(claim.ticket)]);
    const penalty = (32n * 501n * 2_000n + 9_999n) / 10_000n;
    expect(await w.account(attacker.address)).to.deep.equal({
      free: STAKE - penalty,
      locked: 0n,
      owed: 0n,
    });
    const batch = await w.commit(
      await claimOpen(w, workflow, honest, range(0, 32), { attempt: 2 }),
    );
    await time.increase(300);
    await w.settle(batch);
    expect((await w.account(honest.address)).owed).to.equal(
      32n * 1_000n + (penalty < LATE_GAS_REFUND ? penalty : LATE_GAS_REFUND),
    );
  });

  it("cost the whole bond if they are filled with rubbish", async () => {
    const { w, workflow, attacker } = await silent();
    const claim = await claimOpen(w, workflow, attacker, [3, 5]);
    const batch = await w.commit(claim, { wrong: [3, 5] });
    for (const task of [3, 5])
      await w.send(w.challenger, "challenge", w.challengeArgs(batch, task));
    expect((await w.account(attacker.address)).free).to.equal(STAKE - 2n * 501n);
    expect((await w.market.taskWordOf(workflow.id, 0)).spent).to.equal(0n);
  });
});

describe("Attack: a coordinator that answers is declared silent, again and again", () => {
  it("opens nothing, and every declaration's bond is the coordinator's", async () => {
    const w = await freshWorld();
    const workflow = await openWorkflow(w);
    const [attacker] = w.operators;
    for (let i = 0; i < 3; i++) {
      await w.send(attacker!, "declareSilent", [workflow.id]);
      await w.refuses(attacker!, "claimOpen", openArgs(workflow, attacker!, [3]), "NotSilent");
      await w.send(w.coordinator, "answerSilence", [workflow.id]);
    }
    expect((await w.account(w.coordinator.address)).owed).to.equal(3n * LATE_GAS_REFUND);
    expect((await w.account(attacker!.address)).free).to.equal(STAKE - 3n * LATE_GAS_REFUND);
  });
});

describe("Attack: an open claim's price", () => {
  it("never exceeds the escrow: every open task at its ceiling was paid in before", async () => {
    const { w, workflow, attacker, honest } = await silent();
    for (const [slot, tasks] of [range(0, 32), range(32, 8), [192, 193]].entries()) {
      const batch = await w.commit(await claimOpen(w, workflow, attacker, tasks, { slot }));
      expect(batch.results).to.have.length(tasks.length);
    }
    const claim = await claimOpen(w, workflow, honest, [FINAL_TASK], { step: 2 });
    await w.send(honest, "submitFinal", w.finalArgs(claim));
    await time.increaseTo(workflow.deadline + 2_000 + LIMITS.feeDelay);
    await w.send(w.stranger, "refund", [workflow.id]);
    await w.send(w.stranger, "payFee", [workflow.id]);
    const { escrow, refunded } = await w.market.workflowOf(workflow.id);
    const spent = 42n * 1_000n + 5_000n;
    expect(escrow - refunded).to.equal(spent + (spent * 250n) / 10_000n);
  });
});
