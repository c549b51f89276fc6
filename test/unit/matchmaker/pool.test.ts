import { expect } from "chai";
import fc from "fast-check";
import { Pool } from "../../../offchain/matchmaker/pool";

describe("a pool", () => {
  it("gives nothing to two at once, and makes nothing anew while there is something that is nobody's", () => {
    const rounds = fc.array(fc.nat(1_500), { maxLength: 6 });
    fc.assert(
      fc.property(rounds, (all) => {
        const pool = new Pool<object>();
        let made = 0;
        let most = 0;
        for (const count of all) {
          pool.clear();
          const before = made;
          const taken = Array.from({ length: count }, () => pool.take() ?? (made++, pool.add({})));
          expect(new Set(taken).size).to.equal(count);
          expect(made - before).to.equal(Math.max(0, count - most));
          most = Math.min(1_024, Math.max(most, count));
        }
      }),
      { numRuns: 20 },
    );
  });
});
