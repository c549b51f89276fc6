import { expect } from "chai";
import { minimumEscrow, stepsRoot, stepTermsOf, termsOpening } from "../../../protocol/terms";
import { encodeAbiParameters } from "viem";
import { leafHash, verifyMerklePath } from "../../../protocol/merkle";
import { stepTermsAbi } from "../../../protocol/terms";
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
      const leaf = leafHash(
        encodeAbiParameters([{ type: "uint8" }, stepTermsAbi], [index, opened]),
      );
      expect(verifyMerklePath(leaf, path, stepsRoot(terms))).to.equal(true);
    }
  });

  it("don't open under another step's index", () => {
    const { terms: opened, path } = termsOpening(terms, 1);
    const leaf = leafHash(encodeAbiParameters([{ type: "uint8" }, stepTermsAbi], [2, opened]));
    expect(verifyMerklePath(leaf, path, stepsRoot(terms))).to.equal(false);
  });

  it("need every task at its ceiling as escrow, and the fee on it, rounded up", () => {
    expect(minimumEscrow(terms, 0)).to.equal(100n);
    expect(minimumEscrow(terms, 250)).to.equal(103n);
    expect(minimumEscrow(terms, 1)).to.equal(101n);
  });
});
