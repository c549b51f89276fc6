import { expect } from "chai";
import { keccak256, type Hex } from "viem";
import {
  judgeHash,
  leastUsefulBond,
  minimumEscrow,
  RULE,
  stepCore,
  stepsRoot,
  stepTermsOf,
  termsOpening,
  workflowTerms,
  type StepTerms,
} from "../../../protocol/terms";
import { verifyMerklePath } from "../../../protocol/merkle";
import { hashPair } from "../../../protocol/ticket";
import { rollupWorkflow } from "../../../pipelines/rollup/workflow";
import { sha256 } from "../../../protocol/digest";

const { spec } = rollupWorkflow({
  programs: { digest: sha256 },
  verifier: "0x00000000000000000000000000000000000000Aa",
  state: Buffer.from("state"),
  batch: Buffer.from("batch"),
  maxLeaves: 5,
  reward: "10 gwei",
});

/** As StepsLib.leafHash. */
const leafOf = (index: number, terms: StepTerms): Hex =>
  keccak256(hashPair(stepCore(index, terms), judgeHash(terms.judge)));

describe("a spec's terms", () => {
  const terms = stepTermsOf(spec);

  it("give the steps neighbouring ranges of tasks", () => {
    expect(terms.map((one) => [one.firstTask, one.maxTasks])).to.deep.equal([
      [0, 1],
      [1, 5],
      [6, 3],
      [9, 1],
    ]);
  });

  it("open, each, out of the steps' root", () => {
    for (const [index] of terms.entries()) {
      const { terms: opened, path } = termsOpening(terms, index);
      expect(verifyMerklePath(leafOf(index, opened), path, stepsRoot(terms))).to.equal(true);
    }
  });

  it("don't open under another step's index", () => {
    const { terms: opened, path } = termsOpening(terms, 1);
    expect(verifyMerklePath(leafOf(2, opened), path, stepsRoot(terms))).to.equal(false);
  });

  it("need every task at its ceiling as escrow, and the fee on it, rounded up", () => {
    expect(minimumEscrow(terms, 0)).to.equal(100n);
    expect(minimumEscrow(terms, 250)).to.equal(103n);
    expect(minimumEscrow(terms, 1)).to.equal(101n);
  });

  it("don't open when a term is changed that only disputes need", () => {
    const { terms: opened, path } = termsOpening(terms, 3);
    const forged = { ...opened, judge: { ...opened.judge, verifierGas: 1 } };
    expect(verifyMerklePath(leafOf(3, forged), path, stepsRoot(terms))).to.equal(false);
  });

  it("and the coordinator are one digest of 200 bits, in which each of them counts", () => {
    const one = workflowTerms(`0x${"01".repeat(20)}`, terms);
    expect(one >> 200n).to.equal(0n);
    expect(workflowTerms(`0x${"02".repeat(20)}`, terms)).to.not.equal(one);
    expect(workflowTerms(`0x${"01".repeat(20)}`, terms.slice(1))).to.not.equal(one);
  });

  it("name the program and the fee of the jury that can be called, and none where there is none", () => {
    const [step, ...others] = spec.steps;
    const jury = { check: sha256("juror's check"), fee: 3 };
    const [first, second] = stepTermsOf({ ...spec, steps: [{ ...step!, jury }, ...others] });
    const checkProgram = `0x${jury.check}`;
    expect(first!.judge).to.include({ checkProgram, jurorFee: 3n });
    const none = { checkProgram: `0x${"00".repeat(32)}`, jurorFee: 0n };
    expect(second!.judge).to.include(none);
  });
});

describe("the least useful bond", () => {
  const GWEI = 10n ** 9n;
  const verified = { ...stepTermsOf(spec)[0]!, rule: RULE.verifier };
  const terms = { ...verified, judge: { ...verified.judge, verifierGas: 500_000 } };

  it("is the first of which a challenger's share pays for the challenge's gas", () => {
    for (const gasPrice of [1n, GWEI, 30n * GWEI + 7n]) {
      const least = leastUsefulBond(terms, gasPrice, GWEI);
      const cost = 620_000n * gasPrice;
      const share = (bond: bigint) => (bond * GWEI * 4_000n) / 10_000n;
      expect(share(least) >= cost).to.equal(true);
      expect(share(least - 1n) < cost).to.equal(true);
    }
  });

  it("is nothing where no verifier judges a commitment", () => {
    expect(leastUsefulBond({ ...terms, rule: RULE.accepted }, GWEI, GWEI)).to.equal(0n);
    expect(leastUsefulBond({ ...terms, isFinal: true }, GWEI, GWEI)).to.equal(0n);
  });
});
