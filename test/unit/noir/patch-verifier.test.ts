import { expect } from "chai";
import { patchVerifier } from "../../../provers/noir/lib/powers-of-tau";

describe("the powers of tau in a Solidity verifier", () => {
  it("does not patch a Solidity verifier that it does not know", () => {
    expect(() => patchVerifier("contract HonkVerifier {}", new Uint8Array(128))).to.throw(
      "not the one that the patch is for",
    );
  });
});
