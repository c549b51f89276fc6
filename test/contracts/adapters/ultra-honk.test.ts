import { expect } from "chai";
import { ethers } from "hardhat";
import { concatHex, slice, type Hex } from "viem";
import { deploy } from "../support/contract";

// Real proofs of the generated verifier are in the end-to-end tests; here stands one whose proofs repeat its public inputs.

const KEY = ethers.id("merge key") as Hex;
const [FROM, TO] = [ethers.id("old root") as Hex, ethers.id("new root") as Hex];
const statement = concatHex([FROM, TO]);
const proof = concatHex([KEY, FROM, TO]);

async function adapter() {
  const verifier = await deploy("InputsVerifier");
  return deploy("UltraHonkAdapter", [await verifier.getAddress(), KEY]);
}

describe("UltraHonkAdapter", () => {
  it("asks with the pinned key's hash, the old root and the new one, in this order", async () => {
    const honk = await adapter();
    expect(await honk.verify(statement, proof)).to.equal(true);
    for (const other of [
      concatHex([KEY, TO, FROM]),
      concatHex([FROM, TO]),
      concatHex([FROM, TO, KEY]),
    ])
      expect(await honk.verify(statement, other)).to.equal(false);
  });

  it("says no to a proof by another key, although its roots are right", async () => {
    const other = concatHex([ethers.id("easy key") as Hex, FROM, TO]);
    expect(await (await adapter()).verify(statement, other)).to.equal(false);
  });

  it("says no to statements of any other length", async () => {
    const honk = await adapter();
    for (const other of [slice(statement, 0, 63), concatHex([statement, "0x00"]), "0x" as Hex])
      expect(await honk.verify(other, proof)).to.equal(false);
  });

  it("reverts where its verifier does, which the market takes for a no", async () => {
    await expect((await adapter()).verify(statement, "0x")).to.be.revertedWith("empty proof");
  });
});
