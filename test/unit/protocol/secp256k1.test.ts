import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { marketDomain } from "../../../protocol/eip712";
import { quickAccount, recoverKey } from "../../../protocol/secp256k1";
import { signTyped } from "../../../protocol/typed-hash";

const hex32 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes): Hex => `0x${Buffer.from(bytes).toString("hex")}`);

describe("signatures with the library in C", () => {
  it("are, bit for bit, those that are made without it", async () => {
    await fc.assert(
      fc.asyncProperty(hex32, async (hash) => {
        const key = generatePrivateKey();
        const [quick, plain] = [quickAccount(key), privateKeyToAccount(key)];
        const signature = await quick.sign({ hash });
        return quick.address === plain.address && signature === (await plain.sign({ hash }));
      }),
    );
  });

  it("are by the account whose key is recovered", async () => {
    const hash: Hex = `0x${"77".repeat(32)}`;
    const account = privateKeyToAccount(generatePrivateKey());
    const recovered = recoverKey(hash, await account.sign({ hash }));
    // Where the package has nothing ready-made, nothing is said.
    expect(recovered ?? account.publicKey).to.equal(account.publicKey);
  });

  it("of messages and transactions are as without it", async () => {
    const key: Hex = `0x${"42".repeat(32)}`;
    const [quick, plain] = [quickAccount(key), privateKeyToAccount(key)];
    const typed = {
      domain: marketDomain(1, `0x${"11".repeat(20)}`),
      primaryType: "Receipts",
      message: { root: `0x${"22".repeat(32)}` },
    } as const;
    expect(await signTyped(quick, typed)).to.equal(await signTyped(plain, typed));
    const mail = {
      domain: { name: "mail" },
      types: { Mail: [{ name: "text", type: "string" }] },
      primaryType: "Mail",
      message: { text: "hello" },
    } as const;
    expect(await quick.signTypedData(mail)).to.equal(await plain.signTypedData(mail));
    const message = { message: "hello" };
    expect(await quick.signMessage(message)).to.equal(await plain.signMessage(message));
    expect(quick.publicKey).to.equal(plain.publicKey);
    const transaction = { chainId: 1, nonce: 7, gas: 21_000n, maxFeePerGas: 1n } as const;
    expect(await quick.signTransaction(transaction)).to.equal(
      await plain.signTransaction(transaction),
    );
  });
});
