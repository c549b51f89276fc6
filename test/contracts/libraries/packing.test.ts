import { expect } from "chai";
import { ethers } from "hardhat";
import { commitmentsRoot } from "../../../protocol/commitment";
import { stepsRoot, workflowTerms } from "../../../protocol/terms";
import {
  batchHash,
  packTicket,
  ticketHash,
  ticketStruct,
  withMask,
} from "../../../protocol/ticket";
import { deploy } from "../support/contract";
import { freshWorld, range } from "../support/world";

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

  it("refuses to lock, and to take, more than is free", async () => {
    const lib = await harness();
    const { interface: abi } = await ethers.getContractAt("IMarket", ethers.ZeroAddress);
    const market = { interface: abi } as never;
    for (const name of ["lock", "takeFree"])
      await expect(lib.getFunction(name)((MAX64 << 64n) | 5n, 6))
        .to.be.revertedWithCustomError(market, "StakeInsufficient")
        .withArgs(5, 6);
  });
});

describe("SlotLib", () => {
  const hash = ethers.id("ticket");
  const digest = BigInt(hash) & ((1n << 200n) - 1n);

  it("packs digest, time, counts and state, and reads them back", async () => {
    const lib = await harness();
    const most = (1n << 32n) - 1n;
    const claimed = await lib.slotClaimed(hash, most);
    expect(await lib.slot(claimed)).to.deep.equal([1n, 0n, 0n, most, digest, false]);
    const committed = await lib.slotCommitted(hash, 5);
    expect(await lib.slot(committed)).to.deep.equal([2n, 0n, 0n, 5n, digest, false]);
  });

  it("counts tasks that leave a batch, that are void, and void ones that leave it", async () => {
    const lib = await harness();
    let slot = await lib.slotRemoved(await lib.slotCommitted(hash, 5));
    slot = await lib.slotVoided(await lib.slotVoided(slot));
    expect(await lib.slot(slot)).to.deep.equal([2n, 1n, 2n, 5n, digest, false]);
    slot = await lib.slotVoidedToRemoved(slot);
    expect(await lib.slot(slot)).to.deep.equal([2n, 2n, 1n, 5n, digest, false]);
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
  it("fences every attempt up to the recorded one", async () => {
    const lib = await harness();
    for (const attempt of [1, 65_535]) {
      const open = await lib.retryOpened(0, attempt);
      expect((await lib.retry(open, attempt)).toArray().slice(0, 3)).to.deep.equal([
        BigInt(attempt),
        true,
        true,
      ]);
      const closed = await lib.retryClosed(open);
      expect((await lib.retry(closed, attempt)).open).to.equal(false);
      expect((await lib.retry(closed, attempt)).fences).to.equal(true);
      if (attempt < 65_535) expect((await lib.retry(closed, attempt + 1)).fences).to.equal(false);
    }
    expect((await lib.retry(0, 1)).fences).to.equal(false);
  });

  it("keeps the struck attempt and its pot while later attempts end", async () => {
    const lib = await harness();
    const struck = await lib.retryStruck(await lib.retryOpened(0, 3), 3, MAX64);
    const later = await lib.retryOpened(await lib.retryClosed(struck), 4);
    expect((await lib.retry(later, 4)).toArray()).to.deep.equal([4n, true, true, 3n, MAX64, false]);
    const emptied = await lib.retryWithPot(later, 0);
    expect((await lib.retry(emptied, 4)).toArray()).to.deep.equal([4n, true, true, 3n, 0n, false]);
  });

  it("remembers for ever that an attempt was disputed, and changes nothing else by it", async () => {
    const lib = await harness();
    const disputed = await lib.retryDisputed(await lib.retryStruck(0, 65_535, MAX64));
    const fields = [0n, false, false, 65_535n, MAX64, true];
    expect((await lib.retry(disputed, 1)).toArray()).to.deep.equal(fields);
    const later = await lib.retryClosed(await lib.retryOpened(disputed, 65_535));
    expect((await lib.retry(later, 1)).disputed).to.equal(true);
    expect((await lib.retry(await lib.retryOpened(0, 65_535), 1)).disputed).to.equal(false);
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
    rule: 2,
    window: 2 ** 24 - 1,
    open: true,
    mask: (1n << 128n) - 1n,
    root: ethers.id("root") as `0x${string}`,
    judgeHash: ethers.id("judge") as `0x${string}`,
  };

  it("reads what protocol/ticket packs", async () => {
    const lib = await harness();
    const read = await lib.ticket(ticketStruct(packTicket(claim)));
    expect(read.toArray()).to.deep.equal([
      2n ** 48n - 1n,
      255n,
      65_535n,
      65_535n,
      claim.price,
      claim.bond,
      2n,
      2n ** 24n - 1n,
      128n,
      true,
      claim.mask,
    ]);
    for (const field of ["workflow", "step", "attempt", "word", "window", "rule"] as const) {
      const one = await lib.ticket(ticketStruct(packTicket({ ...claim, [field]: 1 })));
      expect(one[field === "word" ? "word_" : field]).to.equal(1n);
    }
  });

  it("hashes and divides like protocol/ticket", async () => {
    const lib = await harness();
    const ticket = packTicket(claim);
    expect(await lib.ticketHash(ticketStruct(ticket))).to.equal(ticketHash(ticket));
    const root = ethers.id("commitments") as `0x${string}`;
    expect(await lib.batchHash(ticketStruct(ticket), root)).to.equal(batchHash(ticket, root));
    const part = ticketStruct(withMask(ticket, 5n));
    expect((await lib.ticketPart(ticketStruct(ticket), 5n, 2)).toArray()).to.deep.equal([
      part.money,
      part.scope,
      part.bound,
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
    const most = (1n << 200n) - 1n;
    const head = await lib.packHead(most, 2n ** 32n - 1n, 10_000, 3);
    expect((await lib.head(head)).toArray()).to.deep.equal([most, 2n ** 32n - 1n, 10_000n, 3n]);
    const changed = await lib.withHead(head, 7, 1, 1);
    expect((await lib.head(changed)).toArray()).to.deep.equal([7n, 1n, 10_000n, 1n]);
    expect(await lib.packHead(0, 0, 0, 0)).to.equal(0n);
  });

  it("digests coordinator and steps like protocol/terms", async () => {
    const steps = (await freshWorld()).steps();
    const lib = await harness();
    const coordinator = ethers.getAddress(`0x${"ab".repeat(20)}`) as `0x${string}`;
    expect(await lib.termsOf(coordinator, stepsRoot(steps))).to.equal(
      workflowTerms(coordinator, steps),
    );
    expect(await lib.stepsRoot(steps)).to.equal(stepsRoot(steps));
  });
});
