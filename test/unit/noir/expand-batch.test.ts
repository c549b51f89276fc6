import { expect } from "chai";
import {
  MAX_BALANCE,
  MAX_NONCE,
  parseState,
  type Account,
} from "../../../provers/noir/lib/account";
import { expandBatch } from "../../../provers/noir/lib/expand-batch";
import type { Poseidon2 } from "../../../provers/noir/lib/poseidon2";
import { parseBatch } from "../../../provers/noir/lib/transfer";
import { makeDemoBatch } from "../../../pipelines/rollup/demo-batch";
import { ensureNoirSetup } from "../../../provers/noir/setup";
import { account, hasher, signed, type UnsignedTransfer } from "./demo-accounts";
import { solveLeaf } from "./leaf-attack";
import { SETUP_TIMEOUT_MS } from "./setup-timeout";

const parseJson = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());

describe("expanding a batch", function () {
  this.timeout(SETUP_TIMEOUT_MS);
  let poseidon2: Poseidon2;
  const state = (): Account[] => [account(0, 100n), account(1, 5n), account(2, MAX_BALANCE)];

  before(async () => {
    await ensureNoirSetup();
    poseidon2 = await hasher();
  });

  it("makes leaves that the circuit solves and whose roots join", async () => {
    const demo = await makeDemoBatch({ leaves: 3, seed: "test" });
    const accounts = parseState(parseJson(demo.state));
    const { leaves, statement } = expandBatch(
      poseidon2,
      accounts,
      parseBatch(parseJson(demo.batch)),
    );
    expect(leaves).to.have.length(3);
    for (const leaf of leaves) await solveLeaf(leaf);
    expect(leaves[0]!.new_root).to.equal(leaves[1]!.old_root);
    expect(leaves[1]!.new_root).to.equal(leaves[2]!.old_root);
    expect(`0x${statement.toString("hex", 0, 32)}`).to.equal(leaves[0]!.old_root);
    expect(`0x${statement.toString("hex", 32)}`).to.equal(leaves[2]!.new_root);
  });

  it("makes two leaves of a single transfer, the second without any", async () => {
    const transfer = await signed({ from: 0, to: 1, amount: 1n, nonce: 0 });
    const { leaves } = expandBatch(poseidon2, state(), [transfer]);
    expect(leaves.map((leaf) => leaf.transfers.map(({ enabled }) => enabled))).to.deep.equal([
      [true, false],
      [false, false],
    ]);
    expect(leaves[1]!.new_root).to.equal(leaves[1]!.old_root);
  });

  it("moves the money and counts the nonce in the new state", async () => {
    const transfers = [
      await signed({ from: 0, to: 1, amount: 100n, nonce: 0 }),
      await signed({ from: 1, to: 0, amount: 105n, nonce: 0 }),
    ];
    const { newState } = expandBatch(poseidon2, state(), transfers);
    const after = parseState(JSON.parse(newState));
    expect(after.map(({ balance }) => balance)).to.deep.equal([105n, 0n, MAX_BALANCE]);
    expect(after.map(({ nonce }) => nonce)).to.deep.equal([1, 1, 0]);
  });

  it("is the same each time", async () => {
    const transfers = [await signed({ from: 0, to: 1, amount: 1n, nonce: 0 })];
    expect(expandBatch(poseidon2, state(), transfers)).to.deep.equal(
      expandBatch(poseidon2, state(), transfers),
    );
  });

  const refusals: [string, Partial<UnsignedTransfer>, string][] = [
    ["an overdraft", { amount: 101n }, "amount: is 101, the balance is 100"],
    ["an unknown sender", { from: 3 }, "from: no account 3"],
    ["an unknown receiver", { to: 3 }, "to: no account 3"],
    ["a transfer to oneself", { to: 0 }, "to: same as from"],
    ["a wrong nonce", { nonce: 1 }, "nonce: is 1, the account's next is 0"],
    ["a credit past 64 bits", { to: 2 }, "amount: the receiver would pass 2^64 - 1"],
  ];
  for (const [what, change, reason] of refusals) {
    it(`refuses ${what} and says so`, async () => {
      const transfer = await signed({ from: 0, to: 1, amount: 1n, nonce: 0, ...change });
      expect(() => expandBatch(poseidon2, state(), [transfer])).to.throw(
        `batch: transfers.0: ${reason}`,
      );
    });
  }

  it("refuses a wrong signature and names the transfer", async () => {
    const transfers = [
      await signed({ from: 0, to: 1, amount: 1n, nonce: 0 }),
      await signed({ from: 0, to: 1, amount: 1n, nonce: 1 }, 1),
    ];
    expect(() => expandBatch(poseidon2, state(), transfers)).to.throw(
      "batch: transfers.1: signature: is not the sender's",
    );
  });

  it("refuses the last nonce, after which none would be left", async () => {
    const accounts = [account(0, 100n, MAX_NONCE), account(1, 5n)];
    const transfer = await signed({ from: 0, to: 1, amount: 1n, nonce: MAX_NONCE });
    expect(() => expandBatch(poseidon2, accounts, [transfer])).to.throw("has sent all it can");
  });
});

describe("reading a state or a batch", () => {
  it("names the field of a state that is wrong", () => {
    const accounts = [{ key: `0x${"11".repeat(64)}`, balance: "-1", nonce: 0 }];
    expect(() => parseState({ accounts })).to.throw("state: accounts.0.balance");
    expect(() =>
      parseState({ accounts: [{ ...accounts[0], balance: (2n ** 64n).toString() }] }),
    ).to.throw("must be below 2^64");
  });

  it("refuses a batch without transfers", () => {
    expect(() => parseBatch({ transfers: [] })).to.throw("batch: transfers");
  });

  it("refuses a signature of another length", () => {
    const transfer = { from: 0, to: 1, amount: "1", nonce: 0, signature: "0x00" };
    expect(() => parseBatch({ transfers: [transfer] })).to.throw("must be 0x and 64 bytes in hex");
  });
});
