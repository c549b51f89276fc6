import { expect } from "chai";
import fc from "fast-check";
import { sha256 } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import { LIMITS } from "../../../protocol/limits";
import type { Spec } from "../../../protocol/spec";
import { stepTermsOf } from "../../../protocol/terms";
import { parseSpec } from "../../../protocol/validate-spec";
import { deploy } from "../support/contract";

/** Numbers around both ends of a range. */
const around = (least: number, most: number) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(Math.max(1, least), most) },
    { weight: 2, arbitrary: fc.integer({ min: least, max: most }) },
    { weight: 1, arbitrary: fc.constantFrom(Math.max(0, least - 1), most + 1) },
  );

const jury = fc.record({
  bond: fc.oneof(
    fc.integer({ min: 1, max: 100 }),
    fc.constantFrom(LIMITS.maxAmount - 1, LIMITS.maxAmount),
  ),
  nearBy: fc.integer({ min: -2, max: 2 }),
});

const step = fc.record({
  id: fc.constant("a"),
  program: fc.constant(sha256("program")),
  fanOut: fc.constant({ kind: "map" as const, over: ["data"] }),
  inputs: fc.constant({ data: { input: "items" } }),
  outputs: fc.constant({ result: "file" as const }),
  statement: fc.constant("data"),
  resources: fc.constant({ cores: 1, memoryMb: 100 }),
  maxTasks: around(1, LIMITS.maxTasks),
  reward: around(1, LIMITS.maxAmount),
  bond: around(1, LIMITS.maxAmount),
  claimSeconds: around(1, LIMITS.maxClaimTime),
  windowSeconds: fc.oneof(around(1, LIMITS.maxWindow), around(LIMITS.minJuryWindow, 601)),
  maxRevealBytes: around(0, LIMITS.maxRevealBytes),
  limits: fc.constant({ startSeconds: 10, runSeconds: 30, silenceSeconds: 5 }),
  retry: fc.constant({ attempts: 3, backoffSeconds: 1 }),
  final: fc.constant(false),
});

describe("StepsLib", () => {
  it("refuses the terms that parseSpec refuses, and no others", async () => {
    const lib = await deploy("LibraryHarness");
    const address = await lib.getAddress();
    const rule = fc.oneof(
      fc.constant({ kind: "accepted" as const, validation: sha256("check") }),
      around(1, LIMITS.maxVerifierGas).map((gas) => ({ kind: "verifier" as const, address, gas })),
    );
    let refused = 0;
    let taken = 0;
    const verdict = async (act: () => unknown) => {
      try {
        await act();
        return "taken";
      } catch (error) {
        const { message, status } = error as { message: string; status?: number };
        if (!message.includes("reverted") && status !== 422) throw error;
        return "refused";
      }
    };
    await fc.assert(
      fc.asyncProperty(step, rule, fc.option(jury), async (plain, rule, jury) => {
        const one = { ...plain, rule, ...(jury && juryOf(jury)) };
        const spec = {
          version: 1 as const,
          name: "terms",
          inputs: { items: { kind: "collection" as const, items: [sha256("a")] } },
          steps: [one],
          outputs: {},
        };
        const byContract = await verdict(() => lib.stepsRoot!(stepTermsOf(spec as never as Spec)));
        const bySpec = await verdict(() => parse(spec));
        expect(bySpec).to.equal(byContract);
        if (bySpec === "taken") taken++;
        else refused++;
      }),
      { numRuns: 150 },
    );
    expect(Math.min(taken, refused)).to.be.above(10);
  });
});

/** A jury's terms around the highest fee that a bond allows. */
function juryOf({ bond, nearBy }: { bond: number; nearBy: number }) {
  const most = Number((BigInt(bond) * 4n) / 10n / 5n);
  return { bond, jury: { check: sha256("check"), fee: Math.max(0, most + nearBy) } };
}

/** The escrow is not StepsLib's business. */
function parse(spec: unknown): void {
  try {
    parseSpec(spec);
  } catch (error) {
    if (!(error instanceof FrobenError) || error.code !== "spec_escrow_too_large") throw error;
  }
}
