import { expect } from "chai";
import fc from "fast-check";
import { Changes } from "../../../offchain/runtime/changes";
import { Sorted } from "../../../offchain/runtime/sorted";

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

describe("changes", () => {
  it("are told from where one has seen them, each once", () => {
    const changes = new Changes<string>();
    for (const item of ["a", "b", "a"]) changes.add(item);
    expect([...changes.since(0, 10)!]).to.deep.equal(["a", "b"]);
    expect([...changes.since(2, 10)!]).to.deep.equal(["a"]);
    expect([...changes.since(changes.count, 10)!]).to.deep.equal([]);
    expect(changes.since(0, 2)).to.equal(undefined);
    expect(changes.since(-1, 10)).to.equal(undefined);
  });

  it("of long ago are forgotten, and said to be", () => {
    const changes = new Changes<number>();
    for (let i = 0; i < 20_000; i++) changes.add(i);
    expect(changes.count).to.equal(20_000);
    expect(changes.since(100, Infinity)).to.equal(undefined);
    expect([...changes.since(19_998, Infinity)!]).to.deep.equal([19_998, 19_999]);
  });
});
