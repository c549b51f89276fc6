import { expect } from "chai";
import fc from "fast-check";
import { Changes } from "../../../offchain/runtime/changes";
import { insert, keep, Sorted, sortAgain } from "../../../offchain/runtime/sorted";

interface Item {
  key: number;
  id: number;
}

/** Items of a list, in order, without so many at the beginning; at most so many. */
function itemsOf<T>(list: Sorted<T>, from = 0, most = Infinity): T[] {
  const all: T[] = [];
  if (most > 0) list.each(from, (item) => all.push(item) < most);
  return all;
}

describe("a sorted list", () => {
  const step = fc.record({
    key: fc.nat(9_999),
    isNew: fc.boolean(),
    times: fc.integer({ min: 1, max: 200 }),
  });

  it("has its items in order, whatever is added and taken out, and however many there are", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        fc.nat(500),
        fc.nat(40),
        (steps, from, most) => {
          const before = (a: Item, b: Item) => a.key - b.key || a.id - b.id;
          const list = new Sorted<Item>(before);
          let kept: Item[] = [];
          let id = 0;
          for (const { key, isNew, times } of steps) {
            for (let i = 0; i < times; i++) {
              if (isNew) {
                const item = { key: (key * (i + 1)) % 7_919, id: id++ };
                list.add(item);
                kept.push(item);
              } else if (kept.length > 0) {
                const [gone] = kept.splice((key * (i + 1)) % kept.length, 1);
                expect(list.remove(gone!)).to.equal(true);
                expect(list.remove(gone!)).to.equal(false);
              }
            }
            kept = kept.sort(before);
            expect(list.size).to.equal(kept.length);
            expect(itemsOf(list)).to.deep.equal(kept);
            expect(itemsOf(list, from, most)).to.deep.equal(kept.slice(from, from + most));
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

/** What has changed since so many changes; nothing if that can't be told. */
function told<T>(changes: Changes<T>, seen: number, most = Infinity): T[] | undefined {
  if (!changes.tells(seen, most)) return undefined;
  const all: T[] = [];
  changes.each(seen, (item) => all.push(item));
  return all;
}

describe("changes", () => {
  it("are told from where one has seen them, in order", () => {
    const changes = new Changes<string>();
    for (const item of ["a", "b", "a"]) changes.add(item);
    expect(told(changes, 0, 10)).to.deep.equal(["a", "b", "a"]);
    expect(told(changes, 2, 10)).to.deep.equal(["a"]);
    expect(told(changes, changes.count, 10)).to.deep.equal([]);
    expect(told(changes, 0, 2)).to.equal(undefined);
    expect(told(changes, -1, 10)).to.equal(undefined);
  });

  it("of long ago are forgotten, and said to be", () => {
    const changes = new Changes<number>();
    for (let i = 0; i < 20_000; i++) changes.add(i);
    expect(changes.count).to.equal(20_000);
    expect(told(changes, 100)).to.equal(undefined);
    expect(told(changes, 19_998)).to.deep.equal([19_998, 19_999]);
  });
});

describe("an array that was in order not long ago", () => {
  it("is in order again, however much has changed", () => {
    const numbers = fc.uniqueArray(fc.integer(), { maxLength: 60 });
    fc.assert(
      fc.property(numbers, fc.array(fc.nat(59), { maxLength: 6 }), (items, moved) => {
        const before = [...items].sort((a, b) => a - b);
        for (const i of moved) before.push(...before.splice(i, 1));
        for (const again of [before, [...items]]) {
          sortAgain(again, (a, b) => a < b);
          expect(again).to.deep.equal([...items].sort((a, b) => a - b));
        }
      }),
    );
  });

  it("takes others in where they belong, wherever that is, and however many", () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 60, size: "max" });
    fc.assert(
      fc.property(numbers, fc.nat(60), (all, count) => {
        const added = all.slice(0, count);
        const items = all.slice(count).sort((a, b) => a - b);
        insert(items, added, (a, b) => a - b);
        expect(items).to.deep.equal([...all].sort((a, b) => a - b));
      }),
    );
  });

  it("keeps what is to be kept in the same order", () => {
    const items = [5, 2, 8, 1, 4];
    keep(items, (item) => item !== 2 && item !== 1);
    expect(items).to.deep.equal([5, 8, 4]);
  });
});
