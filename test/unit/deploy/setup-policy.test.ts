import { expect } from "chai";
import { assertSetupAllowed } from "../../../deploy/setup-policy";
import { FrobenError } from "../../../protocol/errors";

describe("the setup policy", () => {
  it("lets the dev setup onto local chains", () => {
    for (const chainId of [31337, 1337]) {
      expect(() => assertSetupAllowed("dev", chainId)).not.to.throw();
    }
  });

  it("keeps the dev setup off every other chain, and says what to do", () => {
    for (const chainId of [1, 10, 137, 11155111]) {
      const refused = expect(() => assertSetupAllowed("dev", chainId)).to.throw(
        FrobenError,
        /insecure dev setup/,
      );
      refused.with.property("hint").match(/--setup real/);
    }
  });

  it("lets the real setup onto any chain", () => {
    expect(() => assertSetupAllowed("real", 1)).not.to.throw();
  });
});
