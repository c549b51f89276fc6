import { expect } from "chai";
import { Registry } from "prom-client";
import { encodeFunctionData, type Hex, type PublicClient } from "viem";
import { connect } from "../../../offchain/chain/clients";
import { TransactionJournal } from "../../../offchain/chain/transaction-journal";
import { createTransactionSender, type ManagedSender } from "../../../offchain/chain/transactions";
import { closeDatabase, openDatabase, type Db } from "../../../offchain/db/client";
import { transactions } from "../../../offchain/db/schema/transactions";
import { transactionMetrics, watchTransactions } from "../../../offchain/metrics/transactions";
import { systemClock, type Clock } from "../../../offchain/runtime/clock";
import { marketAbi } from "../../../protocol/abi";
import { FrobenError } from "../../../protocol/errors";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { startTestChain, type TestChain } from "../../support/chain";
import { seriesOf } from "../../support/metrics";
import { silentLog } from "../../support/silent-log";

const account = devnetAccount(ROLES.coordinator);

describe("the coordinator's transactions on a real chain", () => {
  let chain: TestChain;
  let db: Db;
  let snapshot: Hex;
  const senders: ManagedSender[] = [];
  /** Of the newest sender. */
  let registry: Registry;

  before(async function () {
    this.timeout(120_000);
    chain = await startTestChain();
  });
  after(() => chain?.stop());
  beforeEach(async () => {
    snapshot = await chain.test.snapshot();
    db = openDatabase(":memory:");
  });
  afterEach(async () => {
    await Promise.all(senders.splice(0).map((sender) => sender.stop()));
    closeDatabase(db);
    await chain.test.setAutomine(true);
    await chain.test.revert({ id: snapshot });
  });

  /** A sender on the journal of this test; another one is the next life of the same process. */
  function newSender(
    client: PublicClient = connect(chain.rpcUrl, 25),
    clock: Clock = systemClock,
    isLeft?: (purpose: string) => boolean,
  ): ManagedSender {
    const journal = new TransactionJournal(db);
    registry = new Registry();
    const sender = createTransactionSender({
      client,
      chainId: 31337,
      account,
      journal,
      clock,
      log: silentLog,
      metrics: transactionMetrics(registry),
      pollMs: 20,
      ...(isLeft && { isLeft }),
    });
    senders.push(sender);
    watchTransactions(registry, sender);
    return sender;
  }

  /** A client of which some methods do something else. */
  function changed(
    methods: Record<string, (real: PublicClient, ...args: never[]) => unknown>,
  ): PublicClient {
    const real = connect(chain.rpcUrl, 25);
    return new Proxy(real, {
      get: (target, name, receiver: unknown) => {
        const method = methods[name as string];
        return method
          ? (...args: never[]) => method(real, ...args)
          : (Reflect.get(target, name, receiver) as unknown);
      },
    });
  }

  const deposit = (units: bigint) => ({
    to: chain.market,
    data: encodeFunctionData({
      abi: marketAbi,
      functionName: "deposit",
      args: [account.address, units],
    }),
    value: units * chain.unit,
  });
  const stake = async () =>
    (
      await chain.client.readContract({
        address: chain.market,
        abi: marketAbi,
        functionName: "accountOf",
        args: [account.address],
      })
    )[0];
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.fail("it should have failed"),
      (error: unknown) => error as FrobenError,
    );

  it("sends the same purpose once, however often and from however many lives it is asked for", async () => {
    const sender = newSender();
    const [first, second] = await Promise.all([
      sender.send("stake", deposit(200n)),
      sender.send("stake", deposit(200n)),
    ]);
    const third = await newSender().send("stake", deposit(200n));
    expect(first).deep.equal(second).deep.equal(third);
    expect(await stake()).equal(200n);
  });

  it("gives every one of many transactions at once its own nonce", async () => {
    const sender = newSender();
    const sent = await Promise.all(
      Array.from({ length: 6 }, (_, i) => sender.send(`stake ${i}`, deposit(200n))),
    );
    expect(new Set(sent.map(({ hash }) => hash))).length(6);
    expect(await stake()).equal(1200n);
  });

  it("finds a transaction that the node said had failed, though it landed", async () => {
    const lying = changed({
      async sendRawTransaction(real, args) {
        await real.sendRawTransaction(args);
        throw new Error("the connection was lost");
      },
    });
    const { hash } = await newSender(lying).send("stake", deposit(200n));
    expect((await chain.client.getTransactionReceipt({ hash })).status).equal("success");
    expect(await stake()).equal(200n);
  });

  it("sends at once after a crash what was signed before it, and the same bytes", async () => {
    const deaf = changed({ sendRawTransaction: () => Promise.reject(new Error("no node")) });
    const dying = newSender(deaf);
    const lost = dying.send("stake", deposit(200n)).catch(() => "stopped");
    while (db.select().from(transactions).all().length === 0) await new Promise(setImmediate);
    await dying.stop();
    expect(await lost).equal("stopped");
    const [row] = db.select().from(transactions).all();
    // For whom no time passes: what the node does not know after a restart is not on its way.
    const now = Date.now();
    const next = newSender(undefined, { ...systemClock, now: () => now });
    next.recover();
    expect(await next.send("stake", deposit(200n))).deep.equal({ hash: row!.signed[0]!.hash });
    expect(await stake()).equal(200n);
  });

  it("raises the fee of a transaction that is not included", async () => {
    await chain.test.setAutomine(false);
    let now = Date.now();
    const clock: Clock = { ...systemClock, now: () => now };
    const sent = newSender(undefined, clock).send("stake", deposit(200n));
    const signed = () => db.select().from(transactions).all()[0]?.signed ?? [];
    while (signed().length < 1) await new Promise(setImmediate);
    while (signed().length < 2) {
      now += 10_000;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const [before, after] = signed();
    expect(BigInt(after!.maxFeePerGas) * 100n >= BigInt(before!.maxFeePerGas) * 110n).equal(true);
    const waiting = seriesOf(await registry.metrics());
    expect(waiting.get("froben_transactions_sent_total")).equal(1);
    expect(waiting.get("froben_transactions_fee_raised_total")).greaterThan(0);
    expect(waiting.get("froben_transactions_under_way")).equal(1);
    expect(waiting.get("froben_transactions_stuck")).equal(1);
    await chain.test.mine({ blocks: 1 });
    expect(signed().map(({ hash }) => hash)).include((await sent).hash);
    const ended = seriesOf(await registry.metrics());
    expect(ended.get('froben_transactions_ended_total{outcome="mined"}')).equal(1);
    expect(ended.get("froben_transactions_under_way")).equal(0);
    expect(await stake()).equal(200n);
  });

  it("writes nothing down for a call that would revert, so that it can be tried again later", async () => {
    const withdraw = {
      to: chain.market,
      data: encodeFunctionData({
        abi: marketAbi,
        functionName: "withdrawOwed",
        args: [account.address],
      }),
    };
    const sender = newSender();
    expect(await failure(sender.send("withdraw", withdraw))).include({
      code: "tx_would_revert",
      retryable: true,
    });
    expect(db.select().from(transactions).all()).deep.equal([]);
    await sender.send("withdraw", deposit(200n));
  });

  it("gives a call as much gas as it is told to, once it knows that it would succeed with that", async () => {
    const sender = newSender();
    const { hash } = await sender.send("stake", { ...deposit(200n), gas: 765_432n });
    expect((await chain.client.getTransaction({ hash })).gas).equal(765_432n);
    expect(await failure(sender.send("less", { ...deposit(200n), gas: 30_000n }))).include({
      code: "tx_would_revert",
    });
    expect(await stake()).equal(200n);
  });

  it("says so when another process used its nonce, and signs anew when asked again", async () => {
    await chain.test.setAutomine(false);
    const silent = changed({ sendRawTransaction: () => Promise.reject(new Error("no node")) });
    const sent = failure(newSender(silent).send("stake", deposit(200n)));
    while (db.select().from(transactions).all().length === 0) await new Promise(setImmediate);
    await chain.test.setAutomine(true);
    await chain.call(ROLES.coordinator, "deposit", [account.address, 300n], 300n * chain.unit);
    expect(await sent).include({ code: "tx_replaced", retryable: true });
    const series = seriesOf(await registry.metrics());
    expect(series.get('froben_transactions_ended_total{outcome="replaced"}')).equal(1);
    await newSender().send("stake", deposit(200n));
    expect(await stake()).equal(500n);
  });

  it("does not take for another's what a reorganisation takes back between two questions", async () => {
    const id = await chain.test.snapshot();
    let isBack = false;
    const client = changed({
      getTransactionReceipt: async (real, args: { hash: Hex }) => {
        if (!isBack) await chain.test.revert({ id });
        isBack = true;
        return real.getTransactionReceipt(args);
      },
    });
    const { hash } = await newSender(client).send("stake", deposit(200n));
    expect(isBack).equal(true);
    expect((await connect(chain.rpcUrl, 25).getTransactionReceipt({ hash })).status).equal(
      "success",
    );
  });

  it("fills the gap that another holder's transaction leaves which a reorganisation takes back", async () => {
    const fork = await chain.test.snapshot();
    const before = await chain.client.getTransactionCount({ address: account.address });
    await chain.call(ROLES.coordinator, "deposit", [account.address, 300n], 300n * chain.unit);
    await chain.test.setAutomine(false);
    let now = Date.now();
    const sender = newSender(undefined, { ...systemClock, now: () => now });
    const sent = sender.send("stake", { ...deposit(200n), gas: 200_000n });
    const rows = () => db.select().from(transactions).all();
    while (rows().length === 0) await new Promise(setImmediate);
    await chain.test.revert({ id: fork });
    await chain.test.setAutomine(true);
    let isMined = false;
    const mined = sent.finally(() => (isMined = true));
    for (; !isMined; now += 1_000) await new Promise((resolve) => setTimeout(resolve, 20));
    await mined;
    expect(await stake()).equal(200n);
    while (sender.underWay().total > 0) await new Promise(setImmediate);
    expect(rows().map(({ purpose, nonce, state }) => ({ purpose, nonce, state }))).deep.equal([
      { purpose: "stake", nonce: before + 1, state: "mined" },
      { purpose: `fill nonce ${before}`, nonce: before, state: "mined" },
    ]);
  }).timeout(20_000);

  it("sends again what a reorganisation took back", async () => {
    const sender = newSender();
    const fork = await chain.test.snapshot();
    const ancestor = Number(await chain.client.getBlockNumber());
    const { hash } = await sender.send("stake", deposit(200n));
    await chain.test.revert({ id: fork });
    expect(await stake()).equal(0n);
    sender.reorganised(ancestor);
    expect(await sender.send("stake", deposit(200n))).deep.equal({ hash });
    expect(await stake()).equal(200n);
  }).timeout(20_000);

  it("leaves what a reorganisation took back until it is asked for again, if that is what its owner wants", async () => {
    const sender = newSender(undefined, undefined, (purpose) => purpose === "later");
    const fork = await chain.test.snapshot();
    const ancestor = Number(await chain.client.getBlockNumber());
    await sender.send("later", deposit(100n));
    await sender.send("stake", { ...deposit(200n), gas: 200_000n });
    await chain.test.revert({ id: fork });
    sender.reorganised(ancestor);
    while (sender.underWay().total > 0) await new Promise(setImmediate);
    expect(await stake()).equal(200n);
    await sender.send("later", deposit(100n));
    expect(await stake()).equal(300n);
  }).timeout(20_000);
});
