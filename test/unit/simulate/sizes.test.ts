import { expect } from "chai";
import { GROWTHS, sizedRatios, type GrowthName } from "../../../bench/schedule/sizes";

const SEEDS = [1, 2, 3, 4, 5, 6];

/** What a workflow takes where sizes are known over what it takes where not, and over the bound, on average. */
function gains(growth: GrowthName): { first: number; second: number; bound: number } {
  const each = SEEDS.map((seed) => {
    const [known, unknown] = [true, false].map((is) => sizedRatios(growth, is, seed));
    const [first, second] = [known!.first / unknown!.first, known!.second / unknown!.second];
    return { first, second, bound: known!.second };
  });
  const mean = (of: keyof (typeof each)[number]) =>
    each.reduce((sum, one) => sum + one[of], 0) / each.length;
  return { first: mean("first"), second: mean("second"), bound: mean("bound") };
}

describe("a market that knows how large inputs are", () => {
  for (const growth of Object.keys(GROWTHS) as GrowthName[]) {
    if (growth === "independent of size") continue;
    it(`does in less time what takes a time ${growth}`, () => {
      const { first, second, bound } = gains(growth);
      expect(first).to.be.below(1);
      // Where sizes make least of a difference, what is not known costs least.
      expect(second).to.be.below(growth === "by the root of the size" ? 0.78 : 0.75);
      expect(bound).to.be.below(1.02);
    });
  }

  it("is as good as one that does not where sizes make no difference", () => {
    const { first, second } = gains("independent of size");
    expect(first).to.be.below(1.01);
    expect(second).to.be.below(1.01);
  });
});
