import { expect } from "chai";
import fc from "fast-check";
import { between, type Placed } from "../../../offchain/simulate/between";
import { Capacity } from "../../../offchain/simulate/capacity";
import { simOperator } from "../../support/sim-operator";

const capacity = new Capacity(
  [
    simOperator({ id: "a", cores: 2, memoryMb: 1 }),
    simOperator({ id: "b", cores: 3, memoryMb: 1, joinsAt: 20, leavesAt: 60 }),
  ],
  ["p"],
  "cores",
);

/** The same for every pair of a beginning and an end, one by one. */
function everyPair(placed: Placed[]): number {
  let most = 0;
  for (const { head } of placed)
    for (const { tail } of placed) {
      const inside = placed.filter((one) => one.head >= head && one.tail >= tail);
      const work = inside.reduce((sum, one) => sum + one.work, 0);
      if (work > 0) most = Math.max(most, capacity.doneAt(work, head) + tail);
    }
  return most;
}

const placed = fc.array(
  fc.record({
    work: fc.integer({ min: 1, max: 50 }),
    head: fc.integer({ min: 0, max: 80 }),
    tail: fc.integer({ min: 0, max: 80 }),
  }),
  { minLength: 1, maxLength: 40 },
);

describe("work between what must come before and after", () => {
  it("is looked at for every beginning and every end, if these are not too many", () => {
    fc.assert(
      fc.property(placed, (all) => {
        expect(between(all, capacity)).to.be.closeTo(everyPair(all), 1e-9);
      }),
    );
  });

  it("is no more than that, and nearly as much, of more tasks than are looked at one by one", () => {
    const many = Array.from({ length: 3_000 }, (_, i): Placed => ({
      work: 1 + (i % 7),
      head: (i * 7_919) % 3_001,
      tail: (i * 104_729) % 3_001,
    }));
    const work = many.reduce((sum, one) => sum + one.work, 0);
    // Beginnings that are left out are at most so far before one that is not.
    const exact = everyOther(many);
    expect(between(many, capacity)).to.be.within(exact * 0.97, exact);
    expect(between(many, capacity)).to.be.at.least(capacity.doneAt(work, 0));
  });
});

/** `everyPair` of many, with sums that grow as ends come nearer. */
function everyOther(all: Placed[]): number {
  const byTail = [...all].sort((a, b) => b.tail - a.tail);
  let most = 0;
  for (const { head } of all) {
    let sum = 0;
    for (const one of byTail) {
      if (one.head < head) continue;
      sum += one.work;
      most = Math.max(most, capacity.doneAt(sum, head) + one.tail);
    }
  }
  return most;
}
