import { expect } from "chai";
import { ethers } from "hardhat";
import { commitmentsRoot } from "../../../protocol/commitment";
import { packTicket, ticketHash, withMask } from "../../../protocol/ticket";
import { deploy } from "../support/contract";
import { range } from "../support/world";

const MAX64 = (1n << 64n) - 1n;
const harness = () => deploy("LibraryHarness");

describe("AccountLib", () => {
  it("keeps its three fields apart at their extremes", async () => {
    const lib = await harness();
    expect(await lib.account(MAX64 | (MAX64 << 64n) | (MAX64 << 128n))).to.deep.equal([
      MAX64,
      MAX64,
      MAX64,
    ]);
    expect(await lib.account(MAX64 << 64n)).to.deep.equal([0n, MAX64, 0n]);
  });

  it("adds, takes, locks, unlocks, slashes and clears without touching the other fields", async () => {
    const lib = await harness();
    let account = await lib.addFree(7n << 128n, 100);
    account = await lib.lock(account, 60);
    expect(await lib.account(account)).to.deep.equal([40n, 60n, 7n]);
    account = await lib.unlock(account, 20, 30);
    expect(await lib.account(account)).to.deep.equal([60n, 10n, 7n]);
    account = await lib.takeFree(account, 60);
    account = await lib.addOwed(account, 5);
    expect(await lib.account(account)).to.deep.equal([0n, 10n, 12n]);
    expect(await lib.account(await lib.clearOwed(account))).to.deep.equal([0n, 10n, 0n]);
  });

  it("refuses to overflow a field, to lock more than is free, and to unlock more than is locked", async () => {
    const lib = await harness();
    const { interface: abi } = await ethers.getContractAt("IMarket", ethers.ZeroAddress);
    const market = { interface: abi } as never;
    await expect(lib.addFree(MAX64, 1)).to.be.revertedWithCustomError(market, "AmountInvalid");
    await expect(lib.addOwed(MAX64 << 128n, 1)).to.be.revertedWithCustomError(
      market,
      "AmountInvalid",
    );
    await expect(lib.lock(MAX64 << 64n, 1))
      .to.be.revertedWithCustomError(market, "StakeInsufficient")
      .withArgs(0, 1);
    await expect(lib.lock((MAX64 << 64n) | 1n, 1)).to.be.revertedWithCustomError(
      market,
      "AmountInvalid",
    );
    await expect(lib.unlock(5n << 64n, 3, 3)).to.be.revertedWithPanic(0x11);
  });
});

describe("SlotLib", () => {
  it("packs digest, time, strikes and state, and reads them back", async () => {
    const lib = await harness();
    const hash = ethers.id("ticket");
    const claimed = await lib.slotClaimed(hash, (1n << 40n) - 1n);
    expect(await lib.slot(claimed)).to.deep.equal([
      1n,
      0n,
      (1n << 40n) - 1n,
      BigInt(hash) & ((1n << 200n) - 1n),
      false,
    ]);
    const root = ethers.id("root");
    const committed = await lib.slotCommitted(hash, root, 5);
    const digest = BigInt(ethers.keccak256(ethers.concat([hash, root]))) & ((1n << 200n) - 1n);
    expect(await lib.slot(await lib.slotStruck(committed))).to.deep.equal([
      2n,
      1n,
      5n,
      digest,
      false,
    ]);
  });

  it("lets empty and credited slots be used again", async () => {
    const lib = await harness();
    expect((await lib.slot(0)).reusable).to.equal(true);
    expect((await lib.slot(3)).reusable).to.equal(true);
  });
});

describe("TaskWordLib", () => {
  it("keeps claimed bits and spent units apart", async () => {
    const lib = await harness();
    const all = (1n << 192n) - 1n;
    let word = await lib.wordClaim(0, all, 500);
    expect(await lib.word(word)).to.deep.equal([all, 500n]);
    word = await lib.wordGiveBack(word, 200);
    expect(await lib.word(word)).to.deep.equal([all, 300n]);
    await expect(lib.wordGiveBack(word, 301)).to.be.revertedWithPanic(0x11);
  });
});

describe("RetryLib", () => {
  it("fences every attempt up to the recorded one, attempt zero included", async () => {
    const lib = await harness();
    for (const attempt of [0, 1, 65_535]) {
      const open = await lib.retryOpened(attempt);
      expect(await lib.retry(open, attempt)).to.deep.equal([BigInt(attempt), true, true]);
      const closed = await lib.retryClosed(open);
      expect(await lib.retry(closed, attempt)).to.deep.equal([BigInt(attempt), false, true]);
      if (attempt < 65_535) expect((await lib.retry(closed, attempt + 1)).fences).to.equal(false);
    }
    expect(await lib.retry(0, 0)).to.deep.equal([0n, false, false]);
  });
});

describe("BitsLib", () => {
  it("counts and finds bits of masks of every size", async () => {
    const lib = await harness();
    expect(await lib.bits(0)).to.deep.equal([0n, 0n]);
    expect(await lib.bits((1n << 192n) - 1n)).to.deep.equal([192n, 0n]);
    for (const bit of [0, 1, 63, 64, 127, 128, 191])
      expect(await lib.bits(1n << BigInt(bit))).to.deep.equal([1n, BigInt(bit)]);
    expect(await lib.bits((1n << 191n) | (1n << 77n) | (1n << 70n))).to.deep.equal([3n, 70n]);
  });

  it("makes ranges that are clipped to the word", async () => {
    const lib = await harness();
    const all = (1n << 192n) - 1n;
    expect(await lib.range(0, 192)).to.equal(all);
    expect(await lib.range(0, 100_000)).to.equal(all);
    expect(await lib.range(3, 5)).to.equal(0b11000n);
    expect(await lib.range(191, 192)).to.equal(1n << 191n);
    for (const [from, to] of [
      [0, 0],
      [192, 200],
      [5, 5],
      [7, 3],
    ] as const)
      expect(await lib.range(from, to)).to.equal(0n);
  });
});

describe("TicketLib", () => {
  const claim = {
    workflow: 2 ** 48 - 1,
    step: 255,
    attempt: 65_535,
    word: 65_535,
    price: (1n << 56n) - 1n,
    bond: (1n << 56n) - 1n,
    deadline: 2 ** 40 - 1,
    rule: 2,
    window: 2 ** 32 - 1,
    mask: (1n << 192n) - 1n,
    root: ethers.id("root") as `0x${string}`,
  };

  it("reads what protocol/ticket packs", async () => {
    const lib = await harness();
    const ticket = packTicket(claim);
    const read = await lib.ticket(ticket);
    expect(read.toArray()).to.deep.equal([
      2n ** 48n - 1n,
      255n,
      65_535n,
      65_535n,
      claim.price,
      claim.bond,
      2n ** 40n - 1n,
      2n,
      2n ** 32n - 1n,
      claim.mask,
    ]);
    for (const field of [
      "workflow",
      "step",
      "attempt",
      "word",
      "deadline",
      "window",
      "rule",
    ] as const) {
      const one = await lib.ticket(packTicket({ ...claim, [field]: 1 }));
      expect(one[field === "word" ? "word_" : field]).to.equal(1n);
    }
  });

  it("hashes and re-masks like protocol/ticket", async () => {
    const lib = await harness();
    const ticket = packTicket(claim);
    expect(await lib.ticketHash(ticket)).to.equal(ticketHash(ticket));
    const part = withMask(ticket, 5n);
    expect((await lib.ticketWithMask(ticket, 5n)).toArray()).to.deep.equal([
      part.head,
      part.tail,
      part.root,
    ]);
  });
});

describe("CommitmentLib", () => {
  for (const size of [1, 15, 16, 17, 32, 100, 128])
    it(`hashes a batch of ${size} like protocol/commitment`, async () => {
      const lib = await harness();
      const commitments = range(0, size).map((i) => ethers.id(`commitment ${i}`) as `0x${string}`);
      expect(await lib.commitmentsRoot(commitments)).to.equal(commitmentsRoot(commitments));
    });
});

describe("WorkflowLib", () => {
  it("packs a workflow's head and changes one field at a time", async () => {
    const lib = await harness();
    const address = ethers.getAddress(`0x${"ff".repeat(20)}`);
    const head = await lib.packHead(address, 2 ** 40 - 1, 10_000, 2 ** 24 - 1, true, 3);
    expect((await lib.head(head)).toArray()).to.deep.equal([
      address,
      2n ** 40n - 1n,
      10_000n,
      2n ** 24n - 1n,
      true,
      3n,
    ]);
    const changed = await lib.withHead(head, ethers.ZeroAddress, 1, 1);
    expect((await lib.head(changed)).toArray()).to.deep.equal([
      ethers.ZeroAddress,
      1n,
      10_000n,
      2n ** 24n - 1n,
      true,
      1n,
    ]);
    const plain = await lib.packHead(ethers.ZeroAddress, 0, 0, 0, false, 0);
    expect(plain).to.equal(0n);
  });
});
