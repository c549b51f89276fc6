import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { minimumEscrow, stepTermsOf } from "../../../protocol/terms";
import { parseSpec } from "../../../protocol/validate-spec";
import { rollupWorkflow } from "../../../pipelines/rollup/workflow";
import { bondWarnings, quote, windowWarnings } from "../../../sdk";
import { proofs } from "../coordinator/support/specs";

const GWEI = 10n ** 9n;
const { spec: rollup } = rollupWorkflow({
  programs: { digest: sha256 },
  verifier: "0x00000000000000000000000000000000000000Aa",
  state: Buffer.from("state"),
  batch: Buffer.from("batch"),
  maxLeaves: 4,
  reward: "0.02 ether",
});

describe("a quote", () => {
  it("asks for the escrow that the contract asks for, every task at its ceiling", () => {
    for (const feeBps of [0, 1, 250, 10_000]) {
      const made = quote(rollup, { feeBps });
      expect(made.escrow).to.equal(minimumEscrow(stepTermsOf(rollup), feeBps).toString());
      const subtotals = made.steps.reduce((sum, { subtotal }) => sum + BigInt(subtotal), 0n);
      expect(made.work).to.equal(subtotals.toString());
      expect(BigInt(made.work) + BigInt(made.fee)).to.equal(BigInt(made.escrow));
    }
  });

  it("names for each step its tasks at most, its ceiling, its bond and what they come to", () => {
    const { steps, tasks } = quote(rollup);
    expect(steps.map(({ step, tasks }) => [step, tasks])).to.deep.equal([
      ["witness", 1],
      ["prove", 4],
      ["merge", 2],
      ["final", 1],
    ]);
    expect(steps[1]).to.include({ ceiling: "20000000", bond: "40000000", subtotal: "80000000" });
    expect(tasks).to.equal(8);
  });

  it("rounds the fee up, as the contract does", () => {
    expect(quote(proofs(1, { reward: 1 }), { feeBps: 1 })).to.include({ fee: "1", escrow: "2" });
    expect(quote(proofs(1), { feeBps: 0 })).to.include({ fee: "0", escrow: "1000" });
  });

  it("warns of bonds as the command that submits does, once it is told what gas costs", () => {
    const rule = { kind: "verifier", address: `0x${"bb".repeat(20)}`, gas: 300_000 } as const;
    const spec = proofs(1, { rule, statement: "request", windowSeconds: 600 });
    expect(quote(spec).warnings).to.deep.equal([]);
    const gasPrice = 10n * GWEI;
    const { warnings } = quote(spec, { gasPrice, unit: GWEI });
    expect(warnings.map(({ code }) => code)).to.deep.equal(["bond_too_low"]);
    expect(warnings).to.deep.equal(bondWarnings(spec, gasPrice, GWEI));
  });
});

describe("warnings of times that are too short", () => {
  const found = (changes: Parameters<typeof proofs>[1], localChain = false) =>
    windowWarnings(proofs(1, changes), localChain).map(({ code, field, limit, value }) => [
      code,
      field,
      limit,
      value,
    ]);

  it("name windows in which no result could be revealed, from a second below what is enough", () => {
    const revealed = { maxRevealBytes: 1 };
    expect(found({ ...revealed, windowSeconds: 60 })).to.deep.equal([]);
    expect(found({ ...revealed, windowSeconds: 59 })).to.deep.equal([
      ["window_too_short", "steps[0].windowSeconds", "60", "59"],
    ]);
    expect(found({ ...revealed, windowSeconds: 59 }, true)).to.deep.equal([]);
    expect(found({ maxRevealBytes: 0, windowSeconds: 59 })).to.deep.equal([]);
  });

  it("name claims that end before an attempt that keeps all limits", () => {
    const times = {
      windowSeconds: 60,
      limits: { startSeconds: 10, runSeconds: 60, silenceSeconds: 5 },
    };
    expect(found({ ...times, claimSeconds: 70 })).to.deep.equal([]);
    expect(found({ ...times, claimSeconds: 69 })).to.deep.equal([
      ["claim_too_short", "steps[0].claimSeconds", "70", "69"],
    ]);
  });

  it("are silent about the final step's window, which nobody waits for, and about the pipelines' own", () => {
    expect(rollup.steps.at(-1)!.final).to.equal(true);
    const steps = rollup.steps.map((step) => ({ ...step, windowSeconds: step.final ? 1 : 60 }));
    expect(windowWarnings(parseSpec({ ...rollup, steps }))).to.deep.equal([]);
    expect(windowWarnings(rollup)).to.deep.equal([]);
  });
});
