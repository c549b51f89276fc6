import { expect } from "chai";
import fc from "fast-check";
import { hashTypedData, type Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { marketDomain, TYPES } from "../../../protocol/eip712";
import { isSignedFor, signTyped, typedHash, type Typed } from "../../../protocol/typed-hash";

const bytes = (size: number) =>
  fc
    .uint8Array({ minLength: size, maxLength: size })
    .map((b): Hex => `0x${Buffer.from(b).toString("hex")}`);

/** Any value of a field's type. */
function valueOf(type: string): fc.Arbitrary<unknown> {
  if (type === "string") return fc.string({ unit: "grapheme" });
  if (type === "address") return bytes(20);
  if (type === "bytes32") return bytes(32);
  const bits = Number(type.slice(4));
  const big = fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
  return bits <= 48 ? big.map(Number) : big;
}

describe("hashes of signed messages", () => {
  for (const [primaryType, fields] of Object.entries(TYPES))
    it(`are those of EIP-712 for ${primaryType}`, () => {
      const message = fc.record(
        Object.fromEntries(fields.map(({ name, type }) => [name, valueOf(type)])),
      );
      fc.assert(
        fc.property(fc.nat(), bytes(20), message, (chainId, market, value) => {
          const domain = marketDomain(chainId, market);
          const typed = { domain, primaryType, message: value } as Typed;
          return typedHash(typed) === hashTypedData({ ...typed, types: TYPES } as never);
        }),
      );
    });

  const typed: Typed = {
    domain: marketDomain(1, `0x${"11".repeat(20)}`),
    primaryType: "Receipts",
    message: { root: `0x${"22".repeat(32)}` },
  };

  it("are what an account signs, and what tells whether it did", async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    const signature = await signTyped(account, typed);
    expect(signature).to.equal(await account.signTypedData({ ...typed, types: TYPES } as never));
    expect(await isSignedFor(typed, signature, account.address)).to.equal(true);
    const { sign: _sign, ...elsewhere } = account;
    expect(await signTyped(elsewhere as never, typed)).to.equal(signature);
  });

  it("have no signer when the signature is none, or a value does not fit", async () => {
    const anybody = () => true;
    const { verifyingContract } = typed.domain;
    const isSigned = (what: Typed, signature: Hex) =>
      isSignedFor(what, signature, verifyingContract!, anybody);
    expect(await isSigned(typed, "0x1234")).to.equal(false);
    const short = { ...typed, message: { root: "0x12" } };
    expect(await isSigned(short, `0x${"11".repeat(65)}`)).to.equal(false);
  });
});
