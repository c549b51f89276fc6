import { expect } from "chai";
import fc from "fast-check";
import { recoverAddress, type Address, type Hex, type PrivateKeyAccount } from "viem";
import { privateKeyToAccount, sign } from "viem/accounts";
import { KnownKeys } from "../../../protocol/known-keys";
import { recoverKey } from "../../../protocol/secp256k1";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const FIELD = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;

const word = (value: bigint) => value.toString(16).padStart(64, "0");
const rOf = (signature: Hex) => BigInt(`0x${signature.slice(2, 66)}`);
const sOf = (signature: Hex) => BigInt(`0x${signature.slice(66, 130)}`);
const vOf = (signature: Hex) => signature.slice(130);
const OTHER_PARITY: Record<string, string> = { "1b": "1c", "1c": "1b", "00": "01", "01": "00" };

/** What may become of a signature on its way, meant well or not. */
const CHANGES: Record<string, (signature: Hex, hash: Hex) => string> = {
  none: (signature) => signature,
  "parity as 0 or 1": (signature) =>
    `${signature.slice(0, 130)}${vOf(signature) === "1b" ? "00" : "01"}`,
  "the other parity": (signature) =>
    `${signature.slice(0, 130)}${OTHER_PARITY[vOf(signature)] ?? "1b"}`,
  "the high s": (signature) =>
    `${signature.slice(0, 66)}${word(ORDER - sOf(signature))}${OTHER_PARITY[vOf(signature)]}`,
  "the high s, parity as it was": (signature) =>
    `${signature.slice(0, 66)}${word(ORDER - sOf(signature))}${vOf(signature)}`,
  "v of a chain": (signature) => `${signature.slice(0, 130)}25`,
  "v of an x beyond the order": (signature) => `${signature.slice(0, 130)}1d`,
  "no v": (signature) => signature.slice(0, 130),
  "half a v": (signature) => `${signature.slice(0, 130)}${vOf(signature).slice(1)}`,
  "more than v": (signature) => `${signature}00`,
  "upper case": (signature) => `0x${signature.slice(2).toUpperCase()}`,
  "no prefix": (signature) => signature.slice(2),
  "not hex": (signature) => `${signature.slice(0, 40)}zz${signature.slice(42)}`,
  "a bit of r": (signature) => `0x${word(rOf(signature) ^ 1n)}${signature.slice(66)}`,
  "a bit of s": (signature) =>
    `${signature.slice(0, 66)}${word(sOf(signature) ^ 1n)}${vOf(signature)}`,
  "r beyond the order": (signature) => `0x${word(FIELD - 1n)}${signature.slice(66)}`,
  "r is the order": (signature) => `0x${word(ORDER)}${signature.slice(66)}`,
  "s is the order": (signature) => `${signature.slice(0, 66)}${word(ORDER)}${vOf(signature)}`,
  "r is zero": (signature) => `0x${word(0n)}${signature.slice(66)}`,
  "s is zero": (signature) => `${signature.slice(0, 66)}${word(0n)}${vOf(signature)}`,
  "s is the hash": (signature, hash) =>
    `${signature.slice(0, 66)}${word(BigInt(hash) % ORDER)}${vOf(signature)}`,
  nothing: () => "0x",
};

const hex32 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes): Hex => `0x${Buffer.from(bytes).toString("hex")}`);
const scalar = fc.bigInt({ min: 1n, max: ORDER - 1n }).map((value): Hex => `0x${word(value)}`);
/** Also those that the order takes to zero. */
const hashes = fc.oneof(
  { weight: 8, arbitrary: hex32 },
  fc.constantFrom<Hex>(`0x${word(0n)}`, `0x${word(ORDER)}`, `0x${word((1n << 256n) - 1n)}`),
);

const recovered = (hash: Hex, signature: Hex): Promise<Address | undefined> =>
  recoverAddress({ hash, signature }).catch(() => undefined);

/** Has the keys remember an account. */
async function meet(keys: KnownKeys, account: PrivateKeyAccount): Promise<void> {
  const hash: Hex = `0x${"77".repeat(32)}`;
  const signature = await account.sign({ hash });
  for (let time = 0; time < 2; time++)
    expect(await keys.isSignedFor(hash, signature, account.address)).to.equal(true);
}

/** The library in C is not there on every machine. */
const HOW = { "with the library": recoverKey, "without it": () => undefined };

for (const [how, recover] of Object.entries(HOW))
  describe(`keys of those that sign often, ${how}`, () => {
    for (const [change, made] of Object.entries(CHANGES))
      it(`let pass what recovery lets pass, a key being known or not (${change})`, async () => {
        const ofKnown = new KnownKeys(recover);
        const account = privateKeyToAccount(`0x${"5a".repeat(32)}`);
        await meet(ofKnown, account);
        await fc.assert(
          fc.asyncProperty(hashes, async (hash) => {
            const signature = made(await account.sign({ hash }), hash) as Hex;
            const signer = await recovered(hash, signature);
            const expected = signer === account.address;
            for (const keys of [ofKnown, new KnownKeys(recover)])
              if ((await keys.isSignedFor(hash, signature, account.address)) !== expected)
                return false;
            // And whoever is recovered has signed it.
            return !signer || (await ofKnown.isSignedFor(hash, signature, signer));
          }),
          { numRuns: 20 },
        );
      });

    it("tell accounts apart, however many are known", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(scalar, { minLength: 2, maxLength: 4 }),
          hex32,
          async (privateKeys, hash) => {
            const keys = new KnownKeys(recover);
            const accounts = privateKeys.map((key) => privateKeyToAccount(key));
            for (const account of accounts) await meet(keys, account);
            for (const [i, privateKey] of privateKeys.entries()) {
              const signature = await sign({ hash, privateKey, to: "hex" });
              for (const [j, { address }] of accounts.entries())
                if ((await keys.isSignedFor(hash, signature, address)) !== (i === j)) return false;
            }
            return true;
          },
        ),
        { numRuns: 10 },
      );
    });

    it("are of those that may act for the account, for as long as they may", async () => {
      const [owner, delegate] = ["11", "22"].map((byte) =>
        privateKeyToAccount(`0x${byte.repeat(32)}`),
      ) as [PrivateKeyAccount, PrivateKeyAccount];
      const keys = new KnownKeys(recover);
      let allowed = true;
      const mayActFor = (signer: Address) => allowed && signer === delegate.address;
      const hash: Hex = `0x${"33".repeat(32)}`;
      const by = async (account: PrivateKeyAccount) =>
        keys.isSignedFor(hash, await account.sign({ hash }), owner.address, mayActFor);
      for (let time = 0; time < 3; time++) expect(await by(delegate)).to.equal(true);
      for (let time = 0; time < 3; time++) expect(await by(owner)).to.equal(true);
      for (let time = 0; time < 3; time++) expect(await by(delegate)).to.equal(true);
      allowed = false;
      expect(await by(delegate)).to.equal(false);
      expect(await by(owner)).to.equal(true);
    });
  });
