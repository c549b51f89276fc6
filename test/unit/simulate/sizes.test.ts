import { expect } from "chai";
import { GROWTHS, sizedRatios, type GrowthName } from "../../../bench/schedule/sizes";

const SEEDS = [1, 2, 3, 4, 5, 6];

/** What a workflow takes where sizes are known over what it takes where not, on average. */
function gains(growth: GrowthName): { first: number; second: number } {
  const each = SEEDS.map((seed) => {
    const [known, unknown] = [true, false].map((is) => sizedRatios(growth, is, seed));
    return { first: known!.first / unknown!.first, second: known!.second / unknown!.second };
  });
  const mean = (of: "first" | "second") =>
    each.reduce((sum, one) => sum + one[of], 0) / each.length;
  return { first: mean("first"), second: mean("second") };
}

describe("a market that knows how large inputs are", () => {
  for (const growth of Object.keys(GROWTHS) as GrowthName[]) {
    if (growth === "independent of size") continue;
    it(`does in less time what takes a time ${growth}`, () => {
      const { first, second } = gains(growth);
      expect(first).to.be.below(1);
      expect(second).to.be.below(0.8);
    });
  }

  it("is as good as one that does not where sizes make no difference", () => {
    const { first, second } = gains("independent of size");
    expect(first).to.be.below(1.01);
    expect(second).to.be.below(1.01);
  });
});
