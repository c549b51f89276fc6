import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import pino from "pino";
import {
  createPublicClient,
  createTestClient,
  custom,
  defineChain,
  http,
  keccak256,
  parseEther,
  type Hex,
  type TransactionReceipt,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { MarketChain } from "../../../operator/chain/clients";
import {
  createTransactionSender,
  type TransactionSender,
} from "../../../operator/chain/transaction-sender";
import { systemClock as clock, type Clock } from "../../../operator/clock";
import { openJournal, type Journal } from "../../../operator/journal/journal";

const root = join(__dirname, "..", "..", "..");
const TO = `0x${"dd".repeat(20)}` as const;

/** How the node's answers to transactions are falsified. */
type Lie = "truth" | "lands, says failed" | "swallows, says failed" | "swallows, says sent";

describe("the operator's transaction sender, on a real chain behind a lying node", function () {
  this.timeout(60_000);
  let node: ChildProcess;
  let rpcUrl: string;
  let lie: Lie;
  let sent: number;
  /** While it takes no transaction at all, and how many it has not taken. */
  let isMute: boolean;
  let refused: number;
  /** Hash of a transaction that it does not take. */
  let unwanted: string | undefined;
  /** Happens once, when a receipt is asked for. */
  let beforeReceipt: (() => Promise<unknown>) | undefined;
  let journal: Journal;
  let time: number;
  const account = privateKeyToAccount(generatePrivateKey());
  const log = pino({ level: "silent" });

  before(async () => {
    const hardhat = join(root, "node_modules/hardhat/internal/cli/bootstrap.js");
    node = spawn(process.execPath, [hardhat, "node", "--port", "0", "--hostname", "127.0.0.1"], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    rpcUrl = await new Promise((resolve) => {
      createInterface({ input: node.stdout! }).on("line", (line) => {
        const url = /JSON-RPC server at (http:\S+?)\/?$/.exec(line)?.[1];
        if (url) resolve(url);
      });
    });
  });
  after(async () => {
    const gone = new Promise((resolve) => node.once("exit", resolve));
    node.kill("SIGKILL");
    await gone;
  });
  beforeEach(async () => {
    lie = "truth";
    sent = 0;
    isMute = false;
    refused = 0;
    unwanted = undefined;
    time = clock.now();
    beforeReceipt = undefined;
    journal = openJournal(":memory:", clock);
    await test.setBalance({ address: account.address, value: parseEther("10") });
  });
  afterEach(() => journal.close());

  const local = defineChain({
    id: 31337,
    name: "local",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [] } },
  });
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    const real = () => http(rpcUrl)({ chain: local }).request({ method, params });
    if (method === "eth_getTransactionReceipt" && beforeReceipt) {
      const happens = beforeReceipt;
      beforeReceipt = undefined;
      await happens();
    }
    if (method === "eth_sendRawTransaction") {
      const [raw] = params as [Hex];
      if (isMute || keccak256(raw) === unwanted) {
        refused++;
        throw new Error("internal error: not taken");
      }
    }
    if (method !== "eth_sendRawTransaction" || lie === "truth") {
      if (method === "eth_sendRawTransaction") sent++;
      return real();
    }
    const how = lie;
    lie = "truth"; // it lies once
    if (how === "lands, says failed") {
      sent++;
      await real();
    }
    if (how === "swallows, says sent") return `0x${"00".repeat(32)}`;
    throw new Error("internal error: the connection was reset");
  };
  const client = createPublicClient({
    chain: local,
    transport: custom({ request }, { retryCount: 0 }),
    cacheTime: 0,
  });
  const chain = {
    client,
    chain: local,
    chainId: 31337,
    market: TO,
    unit: 1n,
    minStake: 1n,
    fromBlock: 0,
  } as unknown as MarketChain;
  /** For whom no time passes but what a test has pass. */
  const waiting: Clock = { ...clock, now: () => time };
  const make = (its: Clock = clock): TransactionSender =>
    createTransactionSender({
      chain,
      account,
      journal,
      clock: its,
      log,
      pauseMs: () => 20,
      bumpAfterMs: 60_000,
    });
  const call = { purpose: "test", to: TO, data: "0x" as const, value: 1n };
  const test = createTestClient({
    mode: "hardhat",
    chain: local,
    transport: custom({ request: (asked) => http(rpcUrl)({ chain: local }).request(asked) }),
  });

  /**
   * Sends a transaction that waits behind others, until a reorganisation takes those back to a snapshot.
   * @param first happens before that @returns what becomes of it, which is not waited for
   */
  async function sendBehind(sender: TransactionSender, id: Hex, first = () => {}) {
    await test.setAutomine(false);
    try {
      const behind = sender.send({ ...call, purpose: "behind it" });
      while (journal.openTransactions().length === 0) await clock.sleep(10);
      first();
      await test.revert({ id });
      return { behind };
    } finally {
      await test.setAutomine(true);
    }
  }
  /** Lets a second pass again and again until a transaction is included. */
  async function included(behind: Promise<TransactionReceipt>): Promise<TransactionReceipt> {
    let isOver = false;
    const ended = behind.finally(() => (isOver = true));
    for (; !isOver; time += 1_000) await clock.sleep(20);
    return ended;
  }
  /** A transaction that the sender knows nothing of. */
  const sign = (nonce: number) =>
    account.signTransaction({
      type: "eip1559",
      chainId: 31337,
      nonce,
      to: TO,
      value: 1n,
      gas: 21_000n,
      maxFeePerGas: 10_000_000_000n,
      maxPriorityFeePerGas: 1n,
    });
  const nonceOnChain = () => client.getTransactionCount({ address: account.address });

  it("honours a transaction that was reported failed but landed", async () => {
    const before = await nonceOnChain();
    lie = "lands, says failed";
    const receipt = await make().send(call);
    expect(receipt.status).to.equal("success");
    expect(await nonceOnChain()).to.equal(before + 1);
    expect(sent, "it was not sent a second time").to.equal(1);
    expect(journal.openTransactions()).to.deep.equal([]);
  });

  it("gives a call the gas that it asks for, whatever the node would estimate", async () => {
    const { transactionHash: hash } = await make().send({ ...call, gas: 777_777n });
    expect((await client.getTransaction({ hash })).gas).to.equal(777_777n);
  });

  for (const how of ["swallows, says failed", "swallows, says sent"] as const)
    it(`sends the same transaction again when the node ${how}`, async () => {
      const before = await nonceOnChain();
      lie = how;
      const receipt = await make().send(call);
      expect(receipt.status).to.equal("success");
      expect(await nonceOnChain()).to.equal(before + 1);
    });

  it("uses a nonce again that a reorganisation gave back", async () => {
    const sender = make();
    await sender.send(call);
    const before = await nonceOnChain();
    const id = await test.snapshot();
    await sender.send(call);
    await test.revert({ id });
    const receipt = await sender.send(call);
    expect(receipt.status).to.equal("success");
    expect(await nonceOnChain()).to.equal(before + 1);
  });

  it("sends again at once what a reorganisation took back while another transaction waits behind it", async () => {
    const before = await nonceOnChain();
    const id = await test.snapshot();
    const sender = make(waiting); // it does not wait until a transaction seems to be lost
    await sender.send(call);
    const { behind } = await sendBehind(sender, id);
    expect((await behind).status).to.equal("success");
    expect(await nonceOnChain()).to.equal(before + 2);
  });

  it("fills the gap that another holder's transaction leaves which a reorganisation takes back", async () => {
    const before = await nonceOnChain();
    const id = await test.snapshot();
    await client.sendRawTransaction({ serializedTransaction: await sign(before) });
    const { behind } = await sendBehind(make(waiting), id);
    expect((await included(behind)).status).to.equal("success");
    expect(await nonceOnChain()).to.equal(before + 2);
    while (journal.openTransactions().length > 0) await clock.sleep(20);
    const [filled] = journal.endedTransactions(before, before + 1);
    expect(filled?.purpose).to.equal(`fill nonce ${before}`);
  });

  it("fills no gap with its own transactions that the node takes again later", async () => {
    const before = await nonceOnChain();
    const id = await test.snapshot();
    const sender = make(waiting);
    const own = await sender.send(call);
    const { behind } = await sendBehind(sender, id, () => (isMute = true));
    // Three looks for what the node seems to have lost.
    for (const until = refused + 6; refused < until; time += 1_000) await clock.sleep(20);
    isMute = false;
    expect((await included(behind)).status).to.equal("success");
    expect(await nonceOnChain()).to.equal(before + 2);
    const again = await client.getTransactionReceipt({ hash: own.transactionHash });
    expect(again.status).to.equal("success");
  });

  it("fills the gap of its own transaction that the node does not take any more", async () => {
    const before = await nonceOnChain();
    const id = await test.snapshot();
    const sender = make(waiting);
    const own = await sender.send(call);
    unwanted = own.transactionHash;
    const { behind } = await sendBehind(sender, id);
    expect((await included(behind)).status).to.equal("success");
    expect(await nonceOnChain()).to.equal(before + 2);
    while (journal.openTransactions().length > 0) await clock.sleep(20);
    const ended = journal.endedTransactions(before, before + 1);
    expect(ended.map(({ purpose }) => purpose)).to.deep.equal(["test", `fill nonce ${before}`]);
  });

  it("does not take for another's what a reorganisation takes back between two questions", async () => {
    const before = await nonceOnChain();
    const id = await test.snapshot();
    beforeReceipt = () => test.revert({ id });
    const receipt = await make().send(call);
    expect(receipt.status).to.equal("success");
    expect(receipt.transactionHash).to.equal(
      journal.endedTransactions(before, before + 1)[0]?.hash,
    );
    expect(await nonceOnChain()).to.equal(before + 1);
  });

  it("believes the chain when the node does not answer for a receipt", async () => {
    beforeReceipt = () => Promise.reject(new Error("no answer"));
    expect((await make().send(call)).status).to.equal("success");
  });

  it("gives concurrent calls nonces of their own", async () => {
    const before = await nonceOnChain();
    const sender = make();
    await Promise.all(Array.from({ length: 5 }, () => sender.send(call)));
    expect(await nonceOnChain()).to.equal(before + 5);
  });

  it("writes a transaction down before it is broadcast", async () => {
    const broken = {
      ...journal,
      addTransaction: () => {
        throw new Error("disk full");
      },
    };
    const sender = createTransactionSender({
      chain,
      account,
      journal: broken,
      clock,
      log,
      pauseMs: () => 20,
    });
    const error: unknown = await sender.send(call).catch((e: unknown) => e);
    expect(String(error)).to.contain("disk full");
    expect(sent).to.equal(0);
  });

  it("sends nothing that would revert, and nothing that the wallet can't pay", async () => {
    const code = `0x${"ee".repeat(20)}` as const;
    await test.setCode({ address: code, bytecode: "0x60006000fd" }); // revert(0, 0)
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => "sent",
        (error: unknown) => (error as { code: string }).code,
      );
    expect(await codeOf(make().send({ ...call, to: code }))).to.equal("tx_would_revert");
    const withGas = { ...call, to: code, gas: 100_000n };
    expect(await codeOf(make().send(withGas))).to.equal("tx_would_revert");
    const dear = { ...call, value: parseEther("9.9999999") };
    expect(await codeOf(make().send(dear))).to.equal("funds_too_low");
    expect(sent).to.equal(0);
    expect(journal.openTransactions()).to.deep.equal([]);
  });

  it("after a crash, finds what landed and broadcasts what did not", async () => {
    const before = await nonceOnChain();
    const { keccak256 } = await import("viem");
    const [landed, lost] = await Promise.all([sign(before), sign(before + 1)]);
    await client.sendRawTransaction({ serializedTransaction: landed });
    for (const [nonce, raw] of [
      [before, landed],
      [before + 1, lost],
    ] as const)
      journal.addTransaction({ purpose: "old", nonce, hash: keccak256(raw), raw });
    await make().recover();
    expect(await nonceOnChain()).to.equal(before + 2);
    expect(journal.openTransactions()).to.deep.equal([]);
  });

  it("says so when another holder of the key used the nonce", async () => {
    const before = await nonceOnChain();
    journal.addTransaction({
      purpose: "old",
      nonce: before,
      hash: `0x${"ab".repeat(32)}`,
      raw: "0x",
    });
    await make().send(call); // takes the nonce that the old row claims
    await make().recover();
    expect(journal.openTransactions()).to.deep.equal([]);
  });
});
