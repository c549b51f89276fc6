import { expect } from "chai";
import fc from "fast-check";
import { keccak256 as reference } from "viem";
import { keccak256, keccakCompiled } from "../../../protocol/keccak";

describe("Keccak-256", () => {
  before(() => keccakCompiled);

  it("gives the published digests", () => {
    expect(keccak256(new Uint8Array(0))).to.equal(
      "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    );
    expect(keccak256(Buffer.from("abc"))).to.equal(
      "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    );
  });

  it("agrees with another implementation for every length around a block's", () => {
    for (let length = 0; length <= 2 * 136 + 1; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
      expect(keccak256(bytes), `${length} bytes`).to.equal(reference(bytes));
    }
  });

  it("agrees with another implementation for any bytes", () => {
    const bytes = fc.uint8Array({ maxLength: 1_000 });
    fc.assert(fc.property(bytes, (value) => keccak256(value) === reference(value)));
  });
});
