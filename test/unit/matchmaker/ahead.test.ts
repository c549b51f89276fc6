import { expect } from "chai";
import fc from "fast-check";
import { aheadOf, firstFew, spread, takeFree } from "../../../offchain/matchmaker/ahead";
import type { Prospect } from "../../../offchain/matchmaker/prospect";

describe("the first few of some items", () => {
  it("are those that a sort puts first, of equal ones the first, whatever their order", () => {
    const item = fc.record({ value: fc.nat(9), name: fc.nat() });
    fc.assert(
      fc.property(fc.array(item), fc.integer({ min: 1, max: 9 }), (items, count) => {
        const sorted = [...items].sort((a, b) => a.value - b.value);
        const few = firstFew(items, count, (a, b) => a.value < b.value);
        expect(few).to.deep.equal(sorted.slice(0, count));
      }),
    );
  });
});

describe("operators that can take a task", () => {
  it("are those who could start now, and those who are busy, each in their order", () => {
    const busy = fc.constantFrom(undefined, "machine" as const, "held" as const);
    fc.assert(
      fc.property(fc.array(busy), (all) => {
        const prospects = all.map((one, machine) => ({ busy: one, machine }) as Prospect);
        const rest = [...prospects];
        expect(takeFree(rest)).to.deep.equal(prospects.filter((p) => !p.busy));
        expect(rest).to.deep.equal(prospects.filter((p) => p.busy));
      }),
    );
  });

  it("share equal tasks so that all of them are done, and none where one alone does better", () => {
    const ms = fc.integer({ min: 1, max: 1_000 });
    const one = fc.record({ startMs: ms, taskMs: ms, everyMs: ms, weight: fc.constant(1) });
    const some = fc.array(one, { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 50 }), (operators, count) => {
        const { level, only } = spread(operators, count);
        if (count > 1) {
          expect(operators.reduce((sum, p) => sum + aheadOf(p, level), 0)).to.be.at.least(count);
          return;
        }
        const first = Math.min(...operators.map(({ startMs, taskMs }) => startMs + taskMs));
        expect(only!.startMs + only!.taskMs).to.equal(first);
      }),
    );
  });
});
