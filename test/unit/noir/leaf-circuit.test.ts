import { expect } from "chai";
import { MAX_BALANCE, MAX_NONCE, type Account } from "../../../provers/noir/lib/account";
import { toHex } from "../../../provers/noir/lib/field";
import { leafInput } from "../../../provers/noir/lib/leaf-input";
import type { Poseidon2 } from "../../../provers/noir/lib/poseidon2";
import { StateTree } from "../../../provers/noir/lib/state-tree";
import { ensureNoirSetup } from "../../../provers/noir/setup";
import { account, hasher, signed } from "./demo-accounts";
import { forgeLeaf, refusalOf, solveLeaf } from "./leaf-attack";
import { SETUP_TIMEOUT_MS } from "./setup-timeout";

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe("the leaf circuit", function () {
  this.timeout(SETUP_TIMEOUT_MS);
  let poseidon2: Poseidon2;
  const state = (): Account[] => [account(0, 100n), account(1, 5n), account(2, MAX_BALANCE)];
  const forge = async (
    transfer: Parameters<typeof signed>[0],
    accounts = state(),
    claim: Parameters<typeof forgeLeaf>[3] = {},
  ) => forgeLeaf(poseidon2, accounts, await signed(transfer), claim);

  before(async () => {
    await ensureNoirSetup();
    poseidon2 = await hasher();
  });

  it("solves for a valid transfer beside an empty slot", async () => {
    await solveLeaf(await forge({ from: 0, to: 1, amount: 100n, nonce: 0 }));
  });

  it("solves for a leaf without any transfer, whose root stays", async () => {
    const { root } = new StateTree(poseidon2, state());
    await solveLeaf(leafInput(root, root, []));
  });

  it("refuses an empty slot that changes the root", async () => {
    const { root } = new StateTree(poseidon2, state());
    expect(await refusalOf(leafInput(root, root + 1n, []))).to.contain("wrong new root");
  });

  describe("refuses an overdraft", () => {
    it("that leaves the sender's balance unchanged", async () => {
      const overdraft = { from: 1, to: 0, amount: 6n, nonce: 0 };
      const leaf = await forge(overdraft, state(), { debited: { balance: 5n } });
      expect(await refusalOf(leaf)).to.contain("overdraft");
    });

    it("that wraps around 64 bits", async () => {
      const overdraft = { from: 1, to: 0, amount: 6n, nonce: 0 };
      const leaf = await forge(overdraft, state(), { debited: { balance: MAX_BALANCE } });
      expect(await refusalOf(leaf)).to.contain("overdraft");
    });

    it("whose opened balance does not fit 64 bits", async () => {
      const leaf = await forge({ from: 0, to: 1, amount: 1n, nonce: 0 });
      leaf.transfers[0]!.sender.balance = (2n ** 64n).toString();
      expect(await refusalOf(leaf)).to.contain("circuit refuses");
    });
  });

  describe("refuses a credit", () => {
    it("past 64 bits", async () => {
      const leaf = await forge({ from: 0, to: 2, amount: 1n, nonce: 0 }, state(), {
        credited: { balance: 0n },
      });
      expect(await refusalOf(leaf)).to.contain("overflow");
    });

    it("of more than was debited", async () => {
      const leaf = await forge({ from: 0, to: 1, amount: 1n, nonce: 0 }, state(), {
        credited: { balance: 100n },
      });
      expect(await refusalOf(leaf)).to.contain("wrong new root");
    });

    it("that changes the receiver's key", async () => {
      const leaf = await forge({ from: 0, to: 1, amount: 1n, nonce: 0 }, state(), {
        credited: { key: account(7, 0n).key },
      });
      expect(await refusalOf(leaf)).to.contain("wrong new root");
    });

    it("of an account that does not exist", async () => {
      const leaf = await forge({ from: 0, to: 1, amount: 1n, nonce: 0 });
      leaf.transfers[0]!.to = "9";
      leaf.transfers[0]!.signature = [
        ...(await signed({ from: 0, to: 9, amount: 1n, nonce: 0 })).signature,
      ];
      expect(await refusalOf(leaf)).to.contain("receiver is not in the state");
    });
  });

  describe("refuses a signature", () => {
    const transfer = { from: 0, to: 1, amount: 1n, nonce: 0 };

    it("of another key", async () => {
      const leaf = forgeLeaf(poseidon2, state(), await signed(transfer, 1));
      expect(await refusalOf(leaf)).to.contain("wrong signature");
    });

    for (const change of [{ amount: 2n }, { to: 2 }, { nonce: 1 }]) {
      it(`for another ${Object.keys(change)[0]}`, async () => {
        const { signature } = await signed({ ...transfer, ...change });
        const leaf = forgeLeaf(poseidon2, state(), { ...transfer, signature });
        expect(await refusalOf(leaf)).to.contain("wrong signature");
      });
    }

    it("with the higher s, the malleable twin of a valid one", async () => {
      const valid = await signed(transfer);
      const s = BigInt(`0x${valid.signature.toString("hex", 32)}`);
      const twin = Buffer.from(toHex(SECP256K1_ORDER - s).slice(2), "hex");
      const signature = Buffer.concat([valid.signature.subarray(0, 32), twin]);
      expect(
        await refusalOf(forgeLeaf(poseidon2, state(), { ...transfer, signature })),
      ).to.not.equal("solved");
    });

    it("of zeros", async () => {
      const signature = Buffer.alloc(64);
      expect(
        await refusalOf(forgeLeaf(poseidon2, state(), { ...transfer, signature })),
      ).to.not.equal("solved");
    });

    it("by a key that the prover put in the sender's place", async () => {
      const leaf = forgeLeaf(poseidon2, state(), await signed(transfer, 7));
      const thief = account(7, 100n).key;
      leaf.transfers[0]!.sender.key_x = [...thief.subarray(0, 32)];
      leaf.transfers[0]!.sender.key_y = [...thief.subarray(32)];
      expect(await refusalOf(leaf)).to.contain("sender is not in the state");
    });
  });

  describe("refuses a replay", () => {
    it("of a transfer whose nonce was used", async () => {
      const accounts = [account(0, 100n, 1), account(1, 5n)];
      const leaf = await forge({ from: 0, to: 1, amount: 1n, nonce: 0 }, accounts);
      expect(await refusalOf(leaf)).to.contain("wrong nonce");
    });

    it("that keeps the nonce, so that the transfer could come again", async () => {
      const leaf = await forge({ from: 0, to: 1, amount: 1n, nonce: 0 }, state(), {
        debited: { nonce: 0 },
      });
      expect(await refusalOf(leaf)).to.contain("receiver is not in the state");
    });

    it("by starting the nonce again after its last value", async () => {
      const accounts = [account(0, 100n, MAX_NONCE), account(1, 5n)];
      const transfer = { from: 0, to: 1, amount: 1n, nonce: MAX_NONCE };
      const leaf = await forge(transfer, accounts, { debited: { nonce: 0 } });
      expect(await refusalOf(leaf)).to.contain("overflow");
    });

    it("in the second slot of the same leaf", async () => {
      const leaf = await forge({ from: 0, to: 1, amount: 1n, nonce: 0 });
      leaf.transfers[1] = leaf.transfers[0]!;
      expect(await refusalOf(leaf)).to.contain("sender is not in the state");
    });
  });

  describe("refuses a transfer to oneself", () => {
    it("that is honest", async () => {
      const leaf = await forge({ from: 0, to: 0, amount: 1n, nonce: 0 });
      expect(await refusalOf(leaf)).to.contain("transfer to self");
    });

    it("that credits the balance from before the debit", async () => {
      const leaf = await forge({ from: 0, to: 0, amount: 100n, nonce: 0 }, state(), {
        credited: { balance: 200n },
      });
      expect(await refusalOf(leaf)).to.contain("transfer to self");
    });
  });

  it("refuses a path from another place of the tree", async () => {
    const leaf = await forge({ from: 0, to: 1, amount: 1n, nonce: 0 });
    leaf.transfers[0]!.sender_path = new StateTree(poseidon2, state()).path(2).map(toHex);
    expect(await refusalOf(leaf)).to.contain("sender is not in the state");
  });

  it("refuses an index past 16 bits, which would alias another account", async () => {
    const leaf = await forge({ from: 0, to: 1, amount: 1n, nonce: 0 });
    leaf.transfers[0]!.from = String(2 ** 16);
    expect(await refusalOf(leaf)).to.contain("circuit refuses");
  });

  it("refuses a leaf that claims a merge key", async () => {
    const leaf = await forge({ from: 0, to: 1, amount: 1n, nonce: 0 });
    leaf.merge_vk_hash = toHex(1n);
    expect(await refusalOf(leaf)).to.contain("a leaf has no merge key");
  });

  it("refuses a path shorter than the tree, by which an inner node could pass as an account", async () => {
    const leaf = await forge({ from: 0, to: 1, amount: 1n, nonce: 0 });
    leaf.transfers[0]!.sender_path = leaf.transfers[0]!.sender_path.slice(1);
    expect(await refusalOf(leaf)).to.contain("circuit refuses");
  });
});
