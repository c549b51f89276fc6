import { expect } from "chai";
import { honkVerifier } from "../../../provers/noir/lib/solidity-verifier";
import { loadToolchain } from "../../../provers/noir/lib/toolchain";
import { ensureNoirSetup } from "../../../provers/noir/setup";
import { SETUP_TIMEOUT_MS } from "./setup-timeout";

/** First word of the public ceremony's point of G2, as bb writes it into the verifier. */
const REAL_WORD = "0x260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1";

describe("the Solidity verifier of the last merge", function () {
  this.timeout(SETUP_TIMEOUT_MS);
  before(() => ensureNoirSetup());

  it("compiles into a contract that can be deployed and verifies proofs", async () => {
    const { abi, bytecode, contractName } = await honkVerifier();
    const names = (abi as { type: string; name?: string }[]).map(({ name }) => name);
    expect(contractName).to.equal("HonkVerifier");
    expect(names).to.include("verify");
    expect(bytecode).to.match(/^0x([0-9a-f]{2})+$/);
    expect(bytecode.length / 2).to.be.below(24_576);
  });

  it("believes in the powers of tau of the present setup, and in no others", async () => {
    const { source } = await honkVerifier();
    const { setup } = await loadToolchain();
    expect(source.includes(REAL_WORD)).to.equal(setup === "real");
  });
});
