import { expect } from "chai";
import fc from "fast-check";
import { MAX_PARTS, MAX_UNDER_WAY, sendInMs } from "../../../operator/chain/send-time";

describe("when an operator sends what it has planned", () => {
  it("is at once while nothing is under way, and of claims while there is room for one more transaction", () => {
    expect(sendInMs(0, 0, 700)).to.equal(0);
    expect(sendInMs(1, 0, 700)).to.equal(0);
    expect(sendInMs(1, 1, 700)).to.equal(0);
  });

  it("is when another is included where nobody waits for it, or as many are under way as may be", () => {
    expect(sendInMs(0, 1, 700)).to.equal(Infinity);
    expect(sendInMs(MAX_PARTS, MAX_UNDER_WAY, 700)).to.equal(Infinity);
  });

  it("is shortly before the block for the last transaction that may be under way, unless it is full or the block is due", () => {
    expect(sendInMs(3, MAX_UNDER_WAY - 1, 700)).to.equal(700);
    expect(sendInMs(3, MAX_UNDER_WAY - 1, 0)).to.equal(0);
    expect(sendInMs(MAX_PARTS, MAX_UNDER_WAY - 1, 700)).to.equal(0);
  });

  it("is never later than the block for claims that the transactions have room for", () => {
    const claims = fc.integer({ min: 1, max: MAX_PARTS });
    const underWay = fc.integer({ min: 0, max: MAX_UNDER_WAY - 1 });
    fc.assert(
      fc.property(claims, underWay, fc.nat(12_000), (count, sent, spareMs) => {
        expect(sendInMs(count, sent, spareMs)).to.be.at.most(spareMs);
      }),
    );
  });
});
