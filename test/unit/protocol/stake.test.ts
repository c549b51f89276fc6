import { expect } from "chai";
import { lockableStake } from "../../../protocol/stake";

describe("what of a stake can be locked", () => {
  it("is what is free of it, and none once less than the minimum is left, locked stake included", () => {
    expect(lockableStake({ free: 70n, locked: 30n }, 100n)).to.equal(70n);
    expect(lockableStake({ free: 69n, locked: 30n }, 100n)).to.equal(0n);
    expect(lockableStake({ free: 0n, locked: 100n }, 100n)).to.equal(0n);
  });
});
