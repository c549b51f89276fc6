import { expect } from "chai";
import fc from "fast-check";
import { Names } from "../../../offchain/matchmaker/names";

describe("names", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const step = fc.oneof(name, fc.constant(undefined));

  it("are those that were added since they were emptied", () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const names = new Names();
        const known = new Set<string>();
        for (const one of steps) {
          if (one === undefined) names.clear();
          else names.add(one);
          if (one === undefined) known.clear();
          else known.add(one);
          for (const any of ["a", "b", "c", "d"]) expect(names.has(any)).to.equal(known.has(any));
        }
      }),
    );
  });
});
