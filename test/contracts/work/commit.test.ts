import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Hex } from "viem";
import { decodeFacts } from "../../../protocol/operations";
import { maskOf, withMask } from "../../../protocol/ticket";
import { freshWorld, range } from "../support/world";

describe("Market.advance: commit", () => {
  for (const size of [1, 8, 16, 17, 32, 100, 128])
    it(`commits a batch of ${size} and opens its challenge window`, async () => {
      const w = await freshWorld();
      const [operator] = w.operators;
      const batch = await w.commit(await w.claim(await w.open(), operator!, range(0, size)));
      const slot = await w.market.slotOf(operator!.address, 0);
      expect([slot.state, slot.time]).to.deep.equal([2n, BigInt((await time.latest()) + 300)]);
      expect(batch.commitments.length).to.equal(size);
    });

  it("moves a part to a slot of its own; the rest stays claimed and commits later", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, range(0, 8));
    const { call } = await w.commitCall(claim, { tasks: [1, 2, 5], partSlot: 7 });
    const [event] = await w.advance(operator!, { commits: [call] });
    expect(event!.name).to.equal("Advanced");
    const [logged] = decodeFacts(event!.args.facts as Hex).commits;
    expect(logged).to.deep.equal({
      fromSlot: 0,
      slot: 7,
      subMask: maskOf([1, 2, 5]),
      commitments: call.commitments,
    });
    expect((await w.market.slotOf(operator!.address, 0)).state).to.equal(1n);
    expect((await w.market.slotOf(operator!.address, 7)).state).to.equal(2n);
    const rest = {
      ...claim,
      ticket: withMask(claim.ticket, maskOf([0, 3, 4, 6, 7])),
    };
    await w.refusesOperations(
      operator!,
      { commits: [(await w.commitCall(claim)).call] },
      "DigestMismatch",
      [0],
    );
    await w.commit(rest);
  });

  it("commits two parts and the rest of a claim in one transaction", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, range(0, 6));
    const after = (tasks: number[]) => ({
      ...claim,
      ticket: withMask(claim.ticket, maskOf(tasks)),
    });
    const calls = [
      (await w.commitCall(claim, { tasks: [0, 1], partSlot: 1 })).call,
      (await w.commitCall(after([2, 3, 4, 5]), { tasks: [2, 3], partSlot: 2 })).call,
      (await w.commitCall(after([4, 5]))).call,
    ];
    await w.advance(operator!, { commits: calls });
    for (const slot of [0, 1, 2])
      expect((await w.market.slotOf(operator!.address, slot)).state).to.equal(2n);
  });

  it("treats a part that is everything as the whole claim", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [3, 4]);
    await w.commit(claim, { tasks: [3, 4], partSlot: 9 });
    expect((await w.market.slotOf(operator!.address, 0)).state).to.equal(2n);
    expect((await w.market.slotOf(operator!.address, 9)).state).to.equal(0n);
  });

  it("refuses parts outside the claim and part slots in use, the claim's own among them", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0, 1]);
    const { call } = await w.commitCall(claim, { tasks: [1], partSlot: 1 });
    await w.refusesOperations(operator!, { commits: [{ ...call, subMask: 4n }] }, "MaskInvalid", [
      4n,
      3n,
    ]);
    await w.refusesOperations(operator!, { commits: [{ ...call, partSlot: 0 }] }, "SlotBusy", [0]);
  });

  it("refuses too few and too many commitments", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0, 1]);
    const { call } = await w.commitCall(claim);
    for (const commitments of [
      call.commitments.slice(1),
      [...call.commitments, call.commitments[0]!],
      [],
    ])
      await w.refusesOperations(
        operator!,
        { commits: [{ ...call, commitments }] },
        "CommitmentCount",
        [commitments.length, 2],
      );
  });

  it("commits at the deadline and not a second later", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [one, two] = w.operators;
    const first = await w.claim(workflow, one!, [0]);
    const second = await w.claim(workflow, two!, [1]);
    const deadline = (await w.market.slotOf(one!.address, 0)).time;
    await time.setNextBlockTimestamp(deadline);
    await w.commit(first);
    await time.setNextBlockTimestamp(deadline + 2n);
    const { call } = await w.commitCall(second);
    await w.refusesOperations(two!, { commits: [call] }, "DeadlinePassed", [deadline + 1n]);
  });

  it("refuses empty and committed slots, other tickets, and other operators' claims", async () => {
    const w = await freshWorld();
    const [operator, other] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0]);
    const { call } = await w.commitCall(claim);
    await w.refusesOperations(
      operator!,
      { commits: [{ ...call, slot: 3 }] },
      "SlotState",
      [3, 0, 1],
    );
    await w.refusesOperations(other!, { commits: [call] }, "SlotState", [0, 0, 1]);
    const spoiled = { ...call, ticket: { ...call.ticket, scope: call.ticket.scope | 2n } };
    await w.refusesOperations(operator!, { commits: [spoiled] }, "DigestMismatch", [0]);
    await w.advance(operator!, { commits: [call] });
    await w.refusesOperations(operator!, { commits: [call] }, "SlotState", [0, 2, 1]);
  });

  it("refuses to commit a final task: only its verified proof ends it", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const claim = await w.claim(workflow, w.operators[0]!, [492], { step: 2 });
    const { call } = await w.commitCall(claim);
    await w.refusesOperations(w.operators[0]!, { commits: [call] }, "FinalTask", [workflow.id]);
  });

  describe("under rule accepted", () => {
    it("needs the coordinator's signature over exactly these commitments", async () => {
      const w = await freshWorld();
      const workflow = await w.open();
      const [operator] = w.operators;
      const claim = await w.claim(workflow, operator!, [300, 301], { step: 1 });
      const missing = await w.commitCall(claim, { accept: false });
      await w.refusesOperations(operator!, { commits: [missing.call] }, "SignatureInvalid", [
        w.coordinator.address,
      ]);
      const { call } = await w.commitCall(claim);
      const swapped = { ...call, commitments: [...call.commitments].reverse() };
      await w.refusesOperations(operator!, { commits: [swapped] }, "SignatureInvalid", [
        w.coordinator.address,
      ]);
      await w.advance(operator!, { commits: [call] });
    });

    it("accepts a part", async () => {
      const w = await freshWorld();
      const [operator] = w.operators;
      const claim = await w.claim(await w.open(), operator!, [300, 301], { step: 1 });
      await w.commit(claim, { tasks: [301], partSlot: 1 });
    });

    it("refuses an acceptance of another attempt's commitments", async () => {
      const w = await freshWorld();
      const workflow = await w.open();
      const [one, two] = w.operators;
      const first = await w.claim(workflow, one!, [300], { step: 1 });
      const accepted = await w.commitCall(first);
      await w.send(one!, "concede", w.concedeArgs(first, accepted.commitments));
      const second = await w.claim(workflow, two!, [300], { step: 1, attempt: 2 });
      const copied = { ...accepted.call, ticket: second.ticket };
      await w.refusesOperations(two!, { commits: [copied] }, "SignatureInvalid", [
        w.coordinator.address,
      ]);
    });
  });
});
