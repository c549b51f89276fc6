import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import type { Hex } from "viem";
import { workflowTerms, type StepTerms } from "../../../protocol/terms";
import { leastEscrow, openSteps, refusesToOpen, term, workflowTermsOf } from "../support/opening";
import { freshWorld, UNIT } from "../support/world";

const YEAR = 365 * 86_400;

/** A step as the event gives it. */
const logged = ({ judge, ...step }: StepTerms) => ({
  ...numbers(step),
  judge: numbers(judge),
});

const numbers = (record: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      typeof value === "number" ? BigInt(value) : (value as unknown),
    ]),
  );

describe("Market.openWorkflow", () => {
  it("records the terms, keeps only a digest of coordinator and steps, and logs everything", async () => {
    const w = await freshWorld();
    const steps = w.steps();
    const given = await workflowTermsOf(w, { deadline: (await time.latest()) + 200_000 });
    const [event] = await openSteps(w, steps, given);
    expect(event!.name).to.equal("WorkflowOpened");
    const { workflow, requester, coordinator, terms, escrow } = event!.args;
    expect([workflow, requester, coordinator, escrow]).to.deep.equal([
      1n,
      w.requester.address,
      w.coordinator.address,
      leastEscrow(steps),
    ]);
    expect(terms.toArray()).to.deep.equal([
      given.specHash,
      given.key,
      given.coordinator,
      250n,
      BigInt(given.deadline),
      600n,
    ]);
    for (const [i, step] of event!.args.steps.toArray().entries())
      expect(step.toObject(true)).to.deep.equal(logged(steps[i]!));
    expect(event!.args.steps.length).to.equal(3);
    const stored = await w.market.workflowOf(1);
    expect(stored.toObject()).to.deep.equal({
      requester: w.requester.address,
      coordinator: w.coordinator.address,
      status: 1n,
      feeBps: 250n,
      deadline: BigInt(given.deadline),
      escrow: leastEscrow(steps),
      refunded: 0n,
      terms: workflowTerms(w.coordinator.address as Hex, steps),
      endedAt: 0n,
    });
  });

  it("numbers workflows from one, and opens any number at once", async () => {
    const w = await freshWorld();
    expect((await w.open()).id).to.equal(1);
    expect((await w.open({ requester: w.stranger })).id).to.equal(2);
  });

  it("opens 64 steps", async () => {
    const w = await freshWorld();
    const [first] = w.steps();
    const steps = Array.from({ length: 64 }, (_, i) => ({ ...first!, firstTask: i, maxTasks: 1 }));
    expect((await w.open({ steps })).id).to.equal(1);
    expect((await w.market.workflowOf(1)).terms).to.equal(
      workflowTerms(w.coordinator.address as Hex, steps),
    );
  });

  it("refuses an escrow below every task at its ceiling plus the fee on it", async () => {
    const w = await freshWorld();
    const steps = w.steps();
    const least = leastEscrow(steps);
    const args = [term("escrow"), least - 1n, least, (1n << 64n) - 1n];
    await refusesToOpen(w, steps, "TermOutOfRange", args, {}, least - 1n);
  });

  it("refuses another value than the escrow says", async () => {
    const w = await freshWorld();
    const steps = w.steps();
    const escrow = leastEscrow(steps);
    for (const value of [escrow * UNIT + 1n, (escrow - 1n) * UNIT, 0n])
      await w.refuses(
        w.requester,
        "openWorkflow",
        [await workflowTermsOf(w), steps, escrow],
        "AmountInvalid",
        [value],
        { value },
      );
  });

  it("refuses nobody as coordinator, and a fee above a fifth", async () => {
    const w = await freshWorld();
    const steps = w.steps();
    await refusesToOpen(w, steps, "ZeroAddress", [], { coordinator: ZeroAddress });
    const fee = [term("feeBps"), 2_001, 0, 2_000];
    await refusesToOpen(w, steps, "TermOutOfRange", fee, { feeBps: 2_001 });
    await openSteps(w, steps, { feeBps: 2_000 }, leastEscrow(steps) * 2n);
  });

  it("refuses deadlines that have passed, or lie more than a year ahead", async () => {
    const w = await freshWorld();
    const steps = w.steps();
    for (const ahead of [0, YEAR + 1]) {
      const now = (await time.latest()) + 100;
      const deadline = now + ahead;
      const args = [term("deadline"), deadline, now + 1, now + YEAR];
      await time.setNextBlockTimestamp(now);
      await refusesToOpen(w, steps, "TermOutOfRange", args, { deadline });
    }
  });
});
