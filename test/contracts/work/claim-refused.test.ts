import { time } from "@nomicfoundation/hardhat-network-helpers";
import { termsOpening } from "../../../protocol/terms";
import type { Hex } from "viem";
import { freshWorld, range, type Claim, type World } from "../support/world";

const takeOver = (claim: Claim, change: Record<string, unknown> = {}) => ({
  holder: claim.offer.operator.address as Hex,
  slot: claim.slot,
  ticket: claim.ticket,
  ...change,
});

/** An offer of attempt 2 beside an expired claim of attempt 1. */
async function late(w: World) {
  const workflow = await w.open();
  const claim = await w.claim(workflow, w.operators[0]!, [0, 1]);
  await time.increase(601);
  const next = w.operators[1]!;
  return { claim, next, offer: await w.offer(workflow, next, [0, 1], { attempt: 2 }) };
}

describe("Market.advance: claims refused", () => {
  it("refuses attempt zero, which no leaf of an assignment carries", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const offer = await w.offer(await w.open(), operator!, [0], { attempt: 0 });
    await w.refusesOperations(operator!, { claims: [w.claimCall(offer)] }, "AttemptInvalid", [0]);
  });

  it("refuses another path to the steps' root, a missing one, and terms of the judge that are not the step's", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const call = w.claimCall(await w.offer(workflow, operator!, [0]));
    const { terms } = call.opening;
    const openings = [
      { terms, path: [] },
      { terms, path: termsOpening(workflow.steps, 2).path },
      { ...call.opening, terms: { ...terms, judge: { ...terms.judge, verifierGas: 1 } } },
      { ...call.opening, terms: { ...terms, maxTasks: 301 } },
      { ...call.opening, terms: { ...terms, window: 1 } },
    ];
    for (const opening of openings)
      await w.refusesOperations(operator!, { claims: [{ ...call, opening }] }, "StepsMismatch", [
        workflow.id,
        0,
      ]);
  });

  it("refuses signatures that are empty, too short, or nobody's", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const call = w.claimCall(await w.offer(await w.open(), operator!, [0]));
    for (const signature of ["0x", call.signature.slice(0, -2), `0x${"00".repeat(65)}`] as Hex[])
      await w.refusesOperations(
        operator!,
        { claims: [{ ...call, signature }] },
        "SignatureInvalid",
        [w.coordinator.address],
      );
  });

  it("refuses a take-over of a slot that holds another claim, or none", async () => {
    const w = await freshWorld();
    const { claim, next, offer } = await late(w);
    const richer = { ...claim.ticket, money: claim.ticket.money + (1n << 152n) };
    const cases: [Record<string, unknown>, string, unknown[]][] = [
      [{ slot: 7 }, "SlotState", [7, 0, 1]],
      [{ holder: w.operators[2]!.address }, "SlotState", [0, 0, 1]],
      [{ ticket: richer }, "DigestMismatch", [0]],
    ];
    for (const [change, error, args] of cases) {
      const takeOvers = [takeOver(claim, change)];
      const claims = [w.claimCall(offer, 0, { takeOvers })];
      await w.refusesOperations(next, { claims }, error, args);
    }
  });

  it("refuses a take-over of the same bits of another word, which are other tasks", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [late, holder, next] = w.operators;
    const other = await w.claim(workflow, late!, [0, 1]);
    await time.increase(601);
    await w.claim(workflow, holder!, [192, 193]);
    const offer = await w.offer(workflow, next!, [192, 193], { attempt: 2 });
    const claims = [w.claimCall(offer, 0, { takeOvers: [takeOver(other)] })];
    await w.refusesOperations(next!, { claims }, "TakeOverInvalid", [late!.address, 0]);
  });

  it("refuses held tasks that no take-over names, although others are named", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [one, two, next] = w.operators;
    const first = await w.claim(workflow, one!, [0]);
    await w.claim(workflow, two!, [1]);
    await time.increase(601);
    const offer = await w.offer(workflow, next!, [0, 1], { attempt: 2 });
    const claims = [w.claimCall(offer, 0, { takeOvers: [takeOver(first)] })];
    await w.refusesOperations(next!, { claims }, "TaskTaken", [1, 2]);
  });

  it("claims in a workflow of one step, whose path is empty, and of 64", async () => {
    const w = await freshWorld();
    const [first] = w.steps();
    for (const count of [1, 64]) {
      const steps = range(0, count).map((i) => ({ ...first!, firstTask: i, maxTasks: 1 }));
      const workflow = await w.open({ steps });
      const slot = count === 1 ? 0 : 1;
      await w.claim(workflow, w.operators[0]!, [count - 1], { step: count - 1, slot });
    }
  });
});
