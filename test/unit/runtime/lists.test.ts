import { expect } from "chai";
import fc from "fast-check";
import { Lists } from "../../../offchain/runtime/lists";

/** The first numbers of a list, so many at most. */
function itemsOf(lists: Lists, list: number, most = Infinity): number[] {
  const all: number[] = [];
  lists.each(list, (item) => all.push(item) < most);
  return all;
}

describe("numbers in lists", () => {
  it("are in the order in which they came, each in the list that it was put into last", () => {
    const step = fc.record({ item: fc.nat(200), list: fc.nat(3), isGone: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const lists = new Lists(4);
        let wanted: [item: number, list: number][] = [];
        for (const { item, list, isGone } of steps) {
          lists.remove(item);
          wanted = wanted.filter(([one]) => one !== item);
          if (!isGone) {
            lists.add(list, item);
            wanted.push([item, list]);
          }
          expect(lists.has(item)).to.equal(!isGone);
          for (const which of [0, 1, 2, 3]) {
            const all = wanted.flatMap(([one, of]) => (of === which ? [one] : []));
            expect(itemsOf(lists, which)).to.deep.equal(all);
            expect(itemsOf(lists, which, 3)).to.deep.equal(all.slice(0, 3));
            expect(lists.size(which)).to.equal(all.length);
          }
        }
      }),
    );
  });
});
