import { ethers } from "hardhat";
import { freshWorld, type World } from "../support/world";

const refusedSignature = (w: World): [string, unknown[]] => [
  "SignatureInvalid",
  [w.coordinator.address],
];

describe("Attack: a signature's malleable twin", () => {
  it("fails", async () => {
    const w = await freshWorld();
    const offer = await w.offer(await w.open(), w.operators[0]!, [0]);
    const { r, s, v } = ethers.Signature.from(offer.signature);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const twin = ethers.concat([
      r,
      ethers.toBeHex(order - BigInt(s), 32),
      ethers.toBeHex(v === 27 ? 28 : 27),
    ]);
    const call = w.claimCall({ ...offer, signature: twin });
    await w.refusesOperations(w.operators[0]!, { claims: [call] }, ...refusedSignature(w));
  });
});
