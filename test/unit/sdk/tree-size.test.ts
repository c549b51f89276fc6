import { expect } from "chai";
import fc from "fast-check";
import { mostTreeTasks, treeTasks } from "../../../sdk/workflow/tree-size";

describe("the size of an aggregation tree", () => {
  it("is one task less than its items for pairs down to one", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 2000 }), (n) => treeTasks(n, 2, 1) === n - 1));
  });

  it("is zero when the list is short enough already", () => {
    expect(treeTasks(2, 2, 2)).to.equal(0);
  });

  it("never exceeds the bound that the escrow covers, however short the list turns out", () => {
    const sizes = fc.record({
      items: fc.integer({ min: 1, max: 200 }),
      more: fc.nat(100),
      arity: fc.integer({ min: 2, max: 5 }),
      until: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(sizes, ({ items, more, arity, until }) => {
        return treeTasks(items, arity, until) <= mostTreeTasks(items + more, arity, until);
      }),
    );
  });
});
