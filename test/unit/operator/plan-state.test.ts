import { expect } from "chai";
import { isCommitted, isOver } from "../../../operator/chain/plan-state";
import type { Slot, Slots } from "../../../operator/chain/slots";
import type { HeldTask, Holding, Phase } from "../../../operator/holdings/phase";

const root = `0x${"11".repeat(32)}` as const;

const holding = (phase: Phase): Holding => ({
  signed: {} as never,
  claim: "claimed",
  takenBack: false,
  tasks: [{ workflow: 1, task: 0, attempt: 1, root, phase, verdict: "valid" } as HeldTask],
});

const slots = (state?: Slot["state"]): Slots =>
  new Map(
    state ? [[0, { slot: 0, state, claim: { workflow: 1, root, word: 0, mask: 1n } } as Slot]] : [],
  );

describe("an operator's holding", () => {
  it("is kept until its batch is settled: a reorganisation may take the commit back", () => {
    expect(isOver(holding("valid"), slots("claimed"))).to.equal(false);
    expect(isOver(holding("valid"), slots("committed"))).to.equal(false);
    expect(isOver(holding("valid"), slots("credited"))).to.equal(true);
    expect(isOver(holding("failed"), slots())).to.equal(true);
    const takenBack = { ...holding("valid"), takenBack: true };
    expect(isOver(takenBack, slots())).to.equal(false);
  });

  it("only waits while all of it is committed", () => {
    expect(isCommitted(holding("valid"), slots("committed"))).to.equal(true);
    expect(isCommitted(holding("valid"), slots("claimed"))).to.equal(false);
    expect(isCommitted(holding("valid"), slots())).to.equal(false);
    expect(
      isCommitted(holding("failed"), slots("claimed")),
      "its claim is to be given back",
    ).to.equal(false);
  });
});
