import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ticketStruct } from "../../../protocol/ticket";
import { told } from "../support/events";
import { claimOpen, FINAL_TASK, openWorkflow, silence } from "../support/silence";
import { freshWorld, statementOf, WRONG_RESULT } from "../support/world";

const STAKE = 10_000_000n;

async function silent() {
  const w = await freshWorld();
  const workflow = await openWorkflow(w);
  await silence(w, workflow);
  const [operator] = w.operators;
  return { w, workflow, operator: operator! };
}

describe("An open claim", () => {
  it("is committed, settled and paid like any other", async () => {
    const { w, workflow, operator } = await silent();
    const batch = await w.commit(await claimOpen(w, workflow, operator, [3, 5]));
    await time.increase(300);
    await w.settle(batch);
    expect(await w.account(operator.address)).to.deep.equal({
      free: STAKE,
      locked: 0n,
      owed: 2_000n,
    });
  });

  it("may be committed in parts", async () => {
    const { w, workflow, operator } = await silent();
    const claim = await claimOpen(w, workflow, operator, [3, 5, 6]);
    const part = await w.commit(claim, { tasks: [5], partSlot: 1, wrong: [5] });
    await w.send(w.challenger, "challenge", w.challengeArgs(part, 5));
    expect((await w.account(operator.address)).locked).to.equal(2n * 501n);
  });

  it("is challenged with its leaf, which carries attempt 0", async () => {
    const { w, workflow, operator } = await silent();
    const claim = await claimOpen(w, workflow, operator, [3, 5]);
    const batch = await w.commit(claim, { wrong: [5] });
    const args = w.challengeArgs(batch, 5);
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 3), "ResultValid", [w.echo]);
    const events = await w.send(w.challenger, "challenge", args);
    expect([events[0]!.name, events[0]!.args.attempt]).to.deep.equal(["Struck", 1n]);
    expect(await w.market.retryOf(workflow.id, 5)).to.deep.equal([1n, true]);
  });

  it("can't be challenged with a leaf of its own attempt: nobody has signed one", async () => {
    const { w, workflow, operator } = await silent();
    const batch = await w.commit(await claimOpen(w, workflow, operator, [3]), { wrong: [3] });
    const opening = w.leafOpening(batch, batch.offer.tasks.indexOf(3));
    const leaf = { ...opening, leaf: { ...opening.leaf!, attempt: 1 } };
    const args = w.challengeArgs(batch, 3, { leaf });
    await w.refuses(w.challenger, "challenge", args, "LeafMismatch", [3, 1]);
  });

  it("keeps its attempts apart: the second one is challenged with the same leaf", async () => {
    const { w, workflow, operator } = await silent();
    const first = await w.commit(await claimOpen(w, workflow, operator, [3]), { wrong: [3] });
    await w.send(w.challenger, "challenge", w.challengeArgs(first, 3));
    const again = await claimOpen(w, workflow, w.operators[1]!, [3], { attempt: 2 });
    const second = await w.commit(again, { wrong: [3] });
    await w.send(w.challenger, "challenge", w.challengeArgs(second, 3));
    expect(await w.market.retryOf(workflow.id, 3)).to.deep.equal([2n, true]);
  });

  it("may be released early, and expires, with the usual penalties", async () => {
    const { w, workflow, operator } = await silent();
    const one = await claimOpen(w, workflow, operator, [3]);
    const args = [operator.address, 0, ticketStruct(one.ticket), 0, "0x"];
    await w.send(operator, "release", args);
    expect((await w.account(operator.address)).free).to.equal(STAKE - 51n);
    const two = await claimOpen(w, workflow, operator, [3], { attempt: 2 });
    await time.increase(601);
    await w.send(w.stranger, "expire", [operator.address, 0, ticketStruct(two.ticket)]);
    expect(await w.market.retryOf(workflow.id, 3)).to.deep.equal([2n, true]);
  });

  it("that has expired is taken over by the coordinator's next assignment, once it has answered", async () => {
    const { w, workflow, operator } = await silent();
    const claim = await claimOpen(w, workflow, operator, [3, 5]);
    await w.send(w.coordinator, "answerSilence", [workflow.id]);
    await time.increase(601);
    const takeOvers = [
      { holder: operator.address as `0x${string}`, slot: 0, ticket: claim.ticket },
    ];
    await w.claim(workflow, w.operators[1]!, [3, 5], { attempt: 2, takeOvers });
    expect((await w.account(operator.address)).locked).to.equal(0n);
  });
});

describe("An open claim of the final step", () => {
  it("is delivered by submitFinal, which completes the workflow", async () => {
    const { w, workflow, operator } = await silent();
    const claim = await claimOpen(w, workflow, operator, [FINAL_TASK], { step: 2 });
    const events = await w.send(operator, "submitFinal", w.finalArgs(claim));
    expect(told(events[0]!)).to.include({
      name: "FinalAccepted",
      operator: operator.address,
      task: BigInt(FINAL_TASK),
      pay: 5_000n,
      bond: 2_000n,
    });
    expect(events[1]!.name).to.equal("WorkflowCompleted");
    expect(await w.account(operator.address)).to.deep.equal({
      free: STAKE,
      locked: 0n,
      owed: 5_000n,
    });
    await w.send(w.stranger, "endSilence", [workflow.id]);
    expect((await w.account(w.operators[2]!.address)).locked).to.equal(0n);
  });

  it("is not delivered by a wrong proof, by another statement, or by anybody else", async () => {
    const { w, workflow, operator } = await silent();
    const claim = await claimOpen(w, workflow, operator, [FINAL_TASK], { step: 2 });
    const refused = (by: typeof operator, change: Record<string, unknown>, error: string) =>
      w.refuses(by, "submitFinal", w.finalArgs(claim, change), error);
    await refused(operator, { result: WRONG_RESULT }, "ResultInvalid");
    await refused(operator, { statement: statementOf(2, FINAL_TASK) }, "StatementMismatch");
    await refused(w.operators[1]!, {}, "NotOperator");
  });

  it("can't be committed", async () => {
    const { w, workflow, operator } = await silent();
    const claim = await claimOpen(w, workflow, operator, [FINAL_TASK], { step: 2 });
    const { call } = await w.commitCall(claim);
    await w.refusesOperations(operator, { commits: [call] }, "FinalTask", [workflow.id]);
  });
});
