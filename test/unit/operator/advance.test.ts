import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "viem";
import { encodeAdvance, workingParts, type Part } from "../../../operator/chain/advance";

const ticket = { head: 1n, tail: 1n, root: `0x${"00".repeat(32)}` as Hex };
const settle = (n: number): Part => ({
  kind: "settle",
  label: `settle ${n}`,
  call: { slot: BigInt(n), ticket, commitmentsRoot: ticket.root },
});

describe("one transaction out of many parts", () => {
  it("is tried once when all its parts work", async () => {
    let tries = 0;
    const { parts } = await workingParts([settle(0), settle(1)], () => {
      tries++;
      return Promise.resolve(undefined);
    });
    expect(parts).to.have.length(2);
    expect(tries).to.equal(1);
  });

  it("loses exactly the parts that the chain refuses", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 8 }), async (good) => {
        const all = good.map((_, n) => settle(n));
        // The chain of this test refuses every call that holds one of the bad parts.
        const bad = all.filter((_, n) => !good[n]);
        const calls = new Map(subsets(all).map((subset) => [encodeAdvance(subset), subset]));
        const { parts, refused } = await workingParts(all, (data) =>
          Promise.resolve(
            bad.some((part) => calls.get(data)!.includes(part)) ? "reverted" : undefined,
          ),
        );
        expect(parts).to.deep.equal(all.filter((_, n) => good[n]));
        expect(refused.map(({ part }) => part)).to.deep.equal(bad);
      }),
      { numRuns: 30 },
    ));

  it("fails as a whole when the node can't be asked: no part is to blame", async () => {
    const error: unknown = await workingParts([settle(0)], () =>
      Promise.reject(new Error("no answer")),
    ).catch((e: unknown) => e);
    expect(String(error)).to.contain("no answer");
  });
});

function subsets<T>(items: T[]): T[][] {
  return items.reduce<T[][]>((all, item) => [...all, ...all.map((one) => [...one, item])], [[]]);
}
