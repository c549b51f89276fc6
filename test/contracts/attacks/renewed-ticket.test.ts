import { takeSnapshot, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "viem";
import { freshWorld, operationsOf, type Claim, type Offer, type World } from "../support/world";

// A reorganisation may take a claim back when its `claimBy` has passed; then the coordinator signs the same assignment anew, with a later
// one. Operator, attempt, price and root are the same, so both tickets are for one claim.

/** The same assignment, signed for some of its tasks with another time. */
async function renewed(
  w: World,
  offer: Offer,
  change: { claimBy: number; mask?: bigint },
): Promise<Offer> {
  const assignment = { ...offer.assignment, ...change };
  const message = { ...assignment, operator: offer.operator.address };
  return { ...offer, assignment, signature: await w.sign("Assignment", message) };
}

/** Two tickets for tasks 0 and 1, both of which could be claimed now, and one claim of them. */
async function withTwo(use: "old" | "new") {
  const w = await freshWorld();
  const [operator, other] = w.operators;
  const workflow = await w.open();
  const old = await w.offer(workflow, operator!, [0, 1]);
  const late = await renewed(w, old, { claimBy: old.assignment.claimBy + 300 });
  await time.increase(400);
  const [first, second] = use === "old" ? [old, late] : [late, old];
  await w.advance(operator!, { claims: [w.claimCall(first)] });
  const claim = w.claimFrom(first, 0);
  const replay = (slot = 1) => [w.claimCall(second, slot)];
  return { w, workflow, operator: operator!, other: other!, claim, second, replay };
}

const takeOver = ({ offer, slot, ticket }: Claim) => ({
  holder: offer.operator.address as Hex,
  slot,
  ticket,
});

describe("A ticket that is signed anew when a reorganisation took its claim back", () => {
  it("is claimed, committed and paid, though the one before is too late by then", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const workflow = await w.open();
    const old = await w.offer(workflow, operator!, [0, 1]);
    const snapshot = await takeSnapshot();
    const bytes = operationsOf({ claims: [w.claimCall(old)] });
    await w.as(operator!).getFunction("advance").send(bytes);
    const { claimBy } = old.assignment;
    await snapshot.restore();
    await time.increaseTo(claimBy + 1);
    await w.refusesOperations(operator!, { claims: [w.claimCall(old)] }, "ClaimByInvalid");
    const late = await renewed(w, old, { claimBy: claimBy + 600 });
    await w.advance(operator!, { claims: [w.claimCall(late)] });
    // Commitments, acceptances and releases bind the ticket, of which `claimBy` is no part.
    expect(w.claimFrom(late, 0).ticket).to.deep.equal(w.claimFrom(old, 0).ticket);
    const batch = await w.commit(w.claimFrom(old, 0));
    await time.increase(300);
    await w.settle(batch);
    expect((await w.account(operator!.address)).owed).to.equal(2_000n);
  });

  for (const use of ["old", "new"] as const)
    describe(`attack: the operator uses the other one, too, after the ${use} one`, () => {
      it("while the claim stands, in another slot or in the same transaction", async () => {
        const { w, operator, replay, second, workflow } = await withTwo(use);
        await w.refusesOperations(operator, { claims: replay() }, "TaskTaken", [0, 1]);
        const fresh = await w.offer(workflow, operator, [2]);
        const twice = [w.claimCall(fresh, 2), w.claimCall(fresh, 3)];
        await w.refusesOperations(operator, { claims: twice }, "TaskTaken", [2, 1]);
        await w.refusesOperations(
          operator,
          { claims: [w.claimCall(second, 1, { claimMask: 1n })] },
          "TaskTaken",
        );
      });

      it("when the result is committed, and when it is paid", async () => {
        const { w, operator, claim, replay } = await withTwo(use);
        const batch = await w.commit(claim);
        await w.refusesOperations(operator, { claims: replay() }, "TaskTaken", [0, 1]);
        await time.increase(301);
        await w.settle(batch);
        expect((await w.account(operator.address)).owed).to.equal(2_000n);
        const why = use === "old" ? "TaskTaken" : "ClaimByInvalid";
        await w.refusesOperations(operator, { claims: replay() }, why);
      });

      it("when it has given the task back, consented or not", async () => {
        for (const consented of [true, false]) {
          const { w, operator, claim, replay } = await withTwo(use);
          const signature = consented ? await w.releaseSignature(claim, 3n) : "0x";
          await w.send(operator, "release", w.releaseArgs(claim, signature));
          await w.refusesOperations(operator, { claims: replay() }, "TaskTaken", [0, 1]);
        }
      });

      it("when its result was struck", async () => {
        const { w, operator, claim, replay } = await withTwo(use);
        const batch = await w.commit(claim, { wrong: [0] });
        await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
        await w.refusesOperations(operator, { claims: replay() }, "TaskTaken", [0, 1]);
      });
    });

  it("attack: claimed again when it was late, by its operator or over who took it over", async () => {
    for (const ended of ["expire", "take-over"]) {
      const w = await freshWorld();
      const [operator, other] = w.operators;
      const workflow = await w.open();
      const claim = await w.claim(workflow, operator!, [0]);
      await time.increase(601);
      const late = await renewed(w, claim.offer, { claimBy: (await time.latest()) + 600 });
      const claims = [w.claimCall(late, 1)];
      // Not by taking over its own late claim, either.
      const over = [w.claimCall(late, 1, { takeOvers: [takeOver(claim)] })];
      await w.refusesOperations(operator!, { claims }, "TaskTaken", [0, 1]);
      await w.refusesOperations(operator!, { claims: over }, "OwnClaim");
      if (ended === "expire") await w.send(w.stranger, "expire", w.expireArgs(claim));
      else await w.claim(workflow, other!, [0], { attempt: 2, takeOvers: [takeOver(claim)] });
      await w.refusesOperations(operator!, { claims }, "TaskTaken", [0, 1]);
    }
  });

  it("attack: claimed when the requester has cancelled", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const old = await w.offer(workflow, w.operators[0]!, [0]);
    const late = await renewed(w, old, { claimBy: old.assignment.claimBy + 100 });
    await w.send(w.requester, "cancel", [workflow.id]);
    await time.increase(200);
    const claims = [w.claimCall(late)];
    await w.refusesOperations(w.operators[0]!, { claims }, "WorkflowClosed", [workflow.id]);
  });

  it("whatever parts of the two are claimed in whatever order, each task is claimed once", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const workflow = await w.open();
    let slot = 0;
    let first = 0;
    const part = fc.record({ isNew: fc.boolean(), mask: fc.integer({ min: 1, max: 15 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
        const tasks = [0, 1, 2, 3].map((task) => first + task);
        const shift = BigInt(first % 192);
        first += 4;
        const claimBy = (await time.latest()) + 500;
        const old = await w.offer(workflow, operator!, tasks, { claimBy });
        const late = await renewed(w, old, { claimBy: claimBy + 50 });
        let claimed = 0;
        for (const { isNew, mask } of parts) {
          const claimMask = BigInt(mask) << shift;
          const call = w.claimCall(isNew ? late : old, slot, { claimMask });
          if (claimed & mask) await w.refusesOperations(operator!, { claims: [call] }, "TaskTaken");
          else {
            await w.advance(operator!, { claims: [call] });
            claimed |= mask;
            slot++;
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});
