import { expect } from "chai";
import fc from "fast-check";
import { Changes } from "../../../offchain/runtime/changes";
import { keep, Sorted, sortAgain } from "../../../offchain/runtime/sorted";

interface Item {
  key: number;
  id: number;
}

describe("a sorted list", () => {
  it("has its items in order, whatever is added and taken out", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean())), (steps) => {
        const list = new Sorted<Item>((a, b) => a.key - b.key || a.id - b.id);
        let kept: Item[] = [];
        for (const [id, [key, isNew]] of steps.entries()) {
          if (isNew || kept.length === 0) {
            const item = { key, id };
            list.add(item);
            kept.push(item);
          } else {
            const gone = kept[key % kept.length]!;
            expect(list.remove(gone)).to.equal(true);
            expect(list.remove(gone)).to.equal(false);
            kept = kept.filter((item) => item !== gone);
          }
          const wanted = [...kept].sort((a, b) => a.key - b.key || a.id - b.id);
          expect(list.items).to.deep.equal(wanted);
        }
      }),
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

  it("keeps what is to be kept in the same order", () => {
    const items = [5, 2, 8, 1, 4];
    keep(items, (item) => item !== 2 && item !== 1);
    expect(items).to.deep.equal([5, 8, 4]);
  });
});
