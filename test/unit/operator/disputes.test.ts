import { expect } from "chai";
import fc from "fast-check";
import { nextStep, type DisputeState } from "../../../operator/chain/disputes";
import { DISPUTE_PHASE } from "../../../protocol/abi";
import { attemptOfKey, disputeKey } from "../../../protocol/dispute-key";

const PATIENCE = 4;
const state = (phase: number, changes: Partial<DisputeState> = {}): DisputeState => ({
  phase,
  until: 1000,
  window: 100,
  drawBlock: 50,
  ...changes,
});
const at = (timestamp: number, number = 40) => ({ timestamp, number });

describe("a dispute about an operator's result", () => {
  it("is named by workflow, task and attempt, as the contract does", () => {
    const attempt = fc.record({
      workflow: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      task: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      attempt: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
    });
    fc.assert(
      fc.property(attempt, (one) => {
        expect(attemptOfKey(disputeKey(one))).to.deep.equal(one);
      }),
    );
  });

  it("has the result revealed at once, as long as a block can still be in time", () => {
    expect(nextStep(state(DISPUTE_PHASE.demanded), at(10), PATIENCE)).to.equal("reveal");
    expect(nextStep(state(DISPUTE_PHASE.demanded), at(999), PATIENCE)).to.equal("reveal");
    expect(nextStep(state(DISPUTE_PHASE.demanded), at(1000), PATIENCE)).to.equal(undefined);
  });

  it("is closed for pay and bond when nobody has struck what was revealed, and others had a chance", () => {
    const revealed = state(DISPUTE_PHASE.revealed);
    expect(nextStep(revealed, at(1000), PATIENCE)).to.equal(undefined);
    expect(nextStep(revealed, at(1004), PATIENCE)).to.equal(undefined);
    expect(nextStep(revealed, at(1005), PATIENCE)).to.equal("closeDemand");
  });

  it("has its jury drawn once the named block has a hash", () => {
    expect(nextStep(state(DISPUTE_PHASE.drawing), at(10, 50), PATIENCE)).to.equal(undefined);
    expect(nextStep(state(DISPUTE_PHASE.drawing), at(10, 51), PATIENCE)).to.equal("draw");
  });

  it("has its case closed after the votes were opened, or could have been", () => {
    expect(nextStep(state(DISPUTE_PHASE.voting), at(1100), PATIENCE)).to.equal(undefined);
    expect(nextStep(state(DISPUTE_PHASE.voting), at(1105), PATIENCE)).to.equal("closeCase");
    expect(nextStep(state(DISPUTE_PHASE.opening), at(1000), PATIENCE)).to.equal(undefined);
    expect(nextStep(state(DISPUTE_PHASE.opening), at(1005), PATIENCE)).to.equal("closeCase");
  });

  it("needs nothing when it is closed", () => {
    for (const phase of [DISPUTE_PHASE.none, DISPUTE_PHASE.closed])
      expect(nextStep(state(phase), at(10_000, 10_000), PATIENCE)).to.equal(undefined);
  });
});
