import { expect } from "chai";
import fc from "fast-check";
import { decodeFunctionData, getAddress, type Hex } from "viem";
import { encoderFor, workingParts, type Part } from "../../../operator/chain/advance";
import { marketAbi } from "../../../protocol/abi";
import { encodeOperations } from "../../../protocol/operations";

const root = `0x${"00".repeat(32)}` as Hex;
const ticket = { money: 1n, scope: 1n, root, judgeHash: root };
const settle = (n: number): Part & { kind: "settle" } => ({
  kind: "settle",
  label: `settle ${n}`,
  call: { slot: n, ticket, commitmentsRoot: root },
});
const OPERATOR = `0x${"0a".repeat(20)}` as const;
const DELEGATE = `0x${"0b".repeat(20)}` as const;
const encode = encoderFor(OPERATOR, OPERATOR);

describe("one transaction out of many parts", () => {
  it("goes in the operator's own name, or in that of the operator whose delegate sends it", () => {
    const operations = encodeOperations({ settles: [settle(7).call], commits: [], claims: [] });
    const callOf = (sender: Hex) =>
      decodeFunctionData({ abi: marketAbi, data: encoderFor(OPERATOR, sender)([settle(7)]) });
    expect(callOf(OPERATOR)).to.deep.equal({ functionName: "advance", args: [operations] });
    expect(callOf(DELEGATE)).to.deep.equal({
      functionName: "advanceFor",
      args: [getAddress(OPERATOR), operations],
    });
  });

  it("is tried once when all its parts work", async () => {
    let tries = 0;
    const { parts } = await workingParts([settle(0), settle(1)], encode, () => {
      tries++;
      return Promise.resolve({ gas: 1n });
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
        const calls = new Map(subsets(all).map((subset) => [encode(subset), subset]));
        const { parts, refused } = await workingParts(all, encode, (data) =>
          Promise.resolve(
            bad.some((part) => calls.get(data)!.includes(part))
              ? { reason: "reverted" }
              : { gas: 1n },
          ),
        );
        expect(parts).to.deep.equal(all.filter((_, n) => good[n]));
        expect(refused.map(({ part }) => part)).to.deep.equal(bad);
      }),
      { numRuns: 30 },
    ));

  it("fails as a whole when the node can't be asked: no part is to blame", async () => {
    const error: unknown = await workingParts([settle(0)], encode, () =>
      Promise.reject(new Error("no answer")),
    ).catch((e: unknown) => e);
    expect(String(error)).to.contain("no answer");
  });
});

function subsets<T>(items: T[]): T[][] {
  return items.reduce<T[][]>((all, item) => [...all, ...all.map((one) => [...one, item])], [[]]);
}
