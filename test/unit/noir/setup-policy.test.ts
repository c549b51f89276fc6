import { expect } from "chai";
import { patchVerifier } from "../../../provers/noir/lib/powers-of-tau";
import { assertSetupAllowed } from "../../../provers/noir/lib/setup-policy";

describe("the setup policy", () => {
  it("lets the dev setup onto local chains", () => {
    for (const chainId of [31337, 1337]) {
      expect(() => assertSetupAllowed("dev", chainId)).not.to.throw();
    }
  });

  it("keeps the dev setup off every other chain, and says what to do", () => {
    for (const chainId of [1, 10, 137, 11155111]) {
      expect(() => assertSetupAllowed("dev", chainId)).to.throw(/insecure dev setup.*--setup real/);
    }
  });

  it("lets the real setup onto any chain", () => {
    expect(() => assertSetupAllowed("real", 1)).not.to.throw();
  });

  it("does not patch a Solidity verifier that it does not know", () => {
    expect(() => patchVerifier("contract HonkVerifier {}", new Uint8Array(128))).to.throw(
      "not the one that the patch is for",
    );
  });
});
