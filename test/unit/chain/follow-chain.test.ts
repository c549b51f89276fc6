import { expect } from "chai";
import { createPublicClient, http, zeroHash } from "viem";
import { createChainReader } from "../../../offchain/chain/chain-reader";
import { connect } from "../../../offchain/chain/clients";
import { catchUp, type ChainStep, type FollowOptions } from "../../../offchain/chain/follow-chain";
import { startIndexer } from "../../../offchain/chain/indexer";
import { Ledger } from "../../../offchain/chain/ledger";
import { closeDatabase, openDatabase, type Db } from "../../../offchain/db/client";
import { marketAbi } from "../../../protocol/abi";
import { FrobenError } from "../../../protocol/errors";
import { RULE, workflowTerms } from "../../../protocol/terms";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { startTestChain, type TestChain } from "../../support/chain";
import { silentLog } from "../../support/silent-log";
import { TABLES } from "./support/tables";
import { NO_JUDGE } from "../../support/no-judge";

const [OPERATOR, SECOND, REQUESTER] = [ROLES.operators, ROLES.operators + 1, ROLES.requesters];
const WITH_UNDO = [...TABLES, "undo"];

describe("following a real chain", () => {
  let chain: TestChain;
  let snapshot: `0x${string}`;
  const databases: Db[] = [];

  before(async function () {
    this.timeout(120_000);
    chain = await startTestChain();
  });
  after(() => chain?.stop());
  beforeEach(async () => (snapshot = await chain.test.snapshot()));
  afterEach(async () => {
    databases.splice(0).forEach(closeDatabase);
    await chain.test.revert({ id: snapshot });
  });

  function newLedger(): { db: Db; ledger: Ledger } {
    const db = openDatabase(":memory:");
    databases.push(db);
    const market = chain.market.toLowerCase() as `0x${string}`;
    const identity = { chainId: 31337, market, fromBlock: chain.fromBlock };
    return { db, ledger: new Ledger(db, identity, chain.minStake, 0) };
  }

  const options = (finality = 64): FollowOptions => ({
    client: connect(chain.rpcUrl, 25),
    market: chain.market,
    fromBlock: chain.fromBlock,
    finality,
  });

  async function sync(ledger: Ledger, follow = options()): Promise<ChainStep["kind"][]> {
    const kinds: ChainStep["kind"][] = [];
    for await (const step of catchUp(follow, ledger)) {
      ledger.apply(step);
      kinds.push(step.kind);
    }
    return kinds;
  }

  const contents = (db: Db, tables = WITH_UNDO) =>
    Object.fromEntries(
      tables.map((table) => [
        table,
        db.$client
          .prepare(`select * from chain_${table}`)
          .all()
          .map((row) => JSON.stringify(row))
          .sort(),
      ]),
    );

  /** One by one: many at once are blocks that Hardhat does not link to their parents. */
  async function mine(blocks: number): Promise<void> {
    for (let i = 0; i < blocks; i++) await chain.test.mine({ blocks: 1 });
  }

  const deposit = (account: number, units: bigint) =>
    chain.call(account, "deposit", [devnetAccount(account).address, units], units * chain.unit);

  async function open(escrow: bigint): Promise<void> {
    const { timestamp } = await chain.client.getBlock();
    const coordinator = devnetAccount(ROLES.coordinator).address;
    const terms = {
      specHash: zeroHash,
      key: zeroHash,
      coordinator,
      feeBps: 0,
      deadline: Number(timestamp) + 10_000,
      silenceDelay: 0,
    };
    const step = {
      firstTask: 0,
      maxTasks: 2,
      ceiling: 10n,
      bond: 10n,
      claimTime: 60,
      window: 60,
      rule: RULE.accepted,
      isFinal: false,
      judge: NO_JUDGE,
    } as const;
    await chain.call(REQUESTER, "openWorkflow", [terms, [step], escrow], escrow * chain.unit);
  }

  it("asks again when a node finds no logs in a block whose header does not rule them out", async () => {
    const honest = connect(chain.rpcUrl, 25);
    const asked: string[] = [];
    const client = Object.create(honest, {
      getLogs: {
        value: async (query: { blockHash: string }) => {
          const first = !asked.includes(query.blockHash);
          asked.push(query.blockHash);
          return first ? [] : honest.getLogs(query as never);
        },
      },
    }) as typeof honest;
    const { db, ledger } = newLedger();
    await deposit(OPERATOR, 500n);
    await mine(3);
    await sync(ledger, { ...options(), client });
    const { address } = devnetAccount(OPERATOR);
    expect(createChainReader(db, ledger).account(address).free).to.equal(500n);
    // Blocks without events of the market are asked about once.
    const counts = [...new Set(asked)].map((hash) => asked.filter((one) => one === hash).length);
    expect(counts.slice(-4).sort()).to.deep.equal([1, 1, 1, 2]);
  });

  it("says of accounts and workflows what the contract says", async () => {
    const { db, ledger } = newLedger();
    await deposit(OPERATOR, 500n);
    await chain.call(OPERATOR, "startUnbonding", [50n]);
    await open(40n);
    await chain.call(REQUESTER, "topUp", [1, 7n], 7n * chain.unit);
    await chain.call(REQUESTER, "cancel", [1]);
    await chain.call(REQUESTER, "refund", [1]);
    await sync(ledger);
    const reader = createChainReader(db, ledger);
    for (const account of [OPERATOR, REQUESTER]) {
      const { address } = devnetAccount(account);
      const [free, locked, owed] = await chain.client.readContract({
        address: chain.market,
        abi: marketAbi,
        functionName: "accountOf",
        args: [address],
      });
      expect(reader.account(address)).include({ free, locked, owed });
    }
    const onChain = await chain.client.readContract({
      address: chain.market,
      abi: marketAbi,
      functionName: "workflowOf",
      args: [1],
    });
    const workflow = reader.workflow(1)!;
    expect(workflow).include({
      requester: onChain[0].toLowerCase(),
      coordinator: onChain[1].toLowerCase(),
      status: onChain[2],
      deadline: onChain[4],
      escrow: onChain[5],
      refunded: onChain[6],
      specHash: zeroHash,
      spent: 0n,
    });
    // The contract keeps a digest of the coordinator and the steps, whose terms only the event tells.
    expect(workflowTerms(workflow.coordinator, workflow.steps)).equal(onChain[7]);
    expect(workflow.steps[0]).include({ maxTasks: 2, ceiling: 10n, bond: 10n });
    expect(reader.workflowsOf(devnetAccount(ROLES.coordinator).address)).deep.equal([1]);
  });

  it("after a reorganisation holds exactly what a fresh index of the new chain holds", async () => {
    const { db, ledger } = newLedger();
    await deposit(OPERATOR, 500n);
    await sync(ledger);
    const fork = await chain.test.snapshot();
    await deposit(OPERATOR, 100n);
    await open(40n);
    await deposit(SECOND, 300n);
    await sync(ledger);
    expect(createChainReader(db, ledger).workflow(1)).not.equal(undefined);

    await chain.test.revert({ id: fork });
    await deposit(SECOND, 200n);
    await chain.call(OPERATOR, "startUnbonding", [30n]);
    await mine(5);
    expect((await sync(ledger))[0]).equal("reorg");
    const fresh = newLedger();
    await sync(fresh.ledger);
    expect(contents(db)).deep.equal(contents(fresh.db));
    expect(createChainReader(db, ledger).workflow(1)).equal(undefined);
  });

  it("follows a new chain that is shorter than the old one", async () => {
    const { db, ledger } = newLedger();
    const fork = await chain.test.snapshot();
    await mine(6);
    await deposit(OPERATOR, 500n);
    await sync(ledger);
    await chain.test.revert({ id: fork });
    await deposit(SECOND, 500n);
    await sync(ledger);
    const fresh = newLedger();
    await sync(fresh.ledger);
    expect(contents(db)).deep.equal(contents(fresh.db));
  });

  it("waits, without going back, while a node answers with a head from its own past", async () => {
    const { db, ledger } = newLedger();
    await deposit(OPERATOR, 500n);
    const past = await chain.client.getBlock();
    await mine(3);
    await sync(ledger);
    const before = contents(db);
    const follow = options();
    const lagging = new Proxy(follow.client, {
      get: (target, name, receiver: unknown) =>
        name === "getBlock"
          ? (args: { blockTag?: string }) =>
              args.blockTag ? Promise.resolve(past) : target.getBlock(args as never)
          : (Reflect.get(target, name, receiver) as unknown),
    });
    expect(await sync(ledger, { ...follow, client: lagging })).deep.equal([]);
    expect(contents(db)).deep.equal(before);
  });

  it("reads far history in ranges, and near history block by block, to the same state", async () => {
    await deposit(OPERATOR, 500n);
    await open(40n);
    await mine(40);
    await deposit(SECOND, 300n);
    const near = newLedger();
    await sync(near.ledger);
    const far = newLedger();
    const kinds = await sync(far.ledger, options(3));
    const said = TABLES.filter((table) => table !== "blocks");
    expect(contents(far.db, said)).deep.equal(contents(near.db, said));
    expect(far.ledger.tip()).deep.equal(near.ledger.tip());
    expect(kinds.length).lessThan(12);
  });

  it("asks for smaller ranges when the node refuses large ones", async () => {
    await deposit(OPERATOR, 500n);
    await mine(60);
    const follow = options(1);
    const picky = new Proxy(follow.client, {
      get: (target, name, receiver: unknown) =>
        name === "getLogs"
          ? (args: { fromBlock?: bigint; toBlock?: bigint }) =>
              args.toBlock !== undefined && args.toBlock - args.fromBlock! > 9n
                ? Promise.reject(new Error("query returned more than 10 blocks"))
                : target.getLogs(args as never)
          : (Reflect.get(target, name, receiver) as unknown),
    });
    const { db, ledger } = newLedger();
    await sync(ledger, { ...follow, client: picky });
    expect(createChainReader(db, ledger).account(devnetAccount(OPERATOR).address).free).equal(500n);
    expect(ledger.tip()!.number).equal(Number(await chain.client.getBlockNumber()));
  });

  it("asks for smaller ranges when a reply is too large to be taken", async () => {
    for (let i = 0; i < 12; i++) await deposit(OPERATOR, 500n);
    await mine(2);
    const sizes: number[] = [];
    // A header is smaller, all twelve logs are larger.
    const transport = http(chain.rpcUrl, { maxResponseBodySize: 4_000, retryCount: 0 });
    const client = createPublicClient({ transport, cacheTime: 0 });
    const watched = new Proxy(client, {
      get: (target, name, receiver: unknown) =>
        name === "getLogs"
          ? (args: { fromBlock?: bigint; toBlock?: bigint }) => {
              if (args.toBlock !== undefined)
                sizes.push(Number(args.toBlock - args.fromBlock!) + 1);
              return target.getLogs(args as never);
            }
          : (Reflect.get(target, name, receiver) as unknown),
    });
    const { db, ledger } = newLedger();
    await sync(ledger, { ...options(1), client: watched });
    expect(createChainReader(db, ledger).account(devnetAccount(OPERATOR).address).free).equal(
      6_000n,
    );
    expect(Math.min(...sizes)).lessThan(12);
  });

  it("stops when the chain is rewritten below its final block", async () => {
    const { ledger } = newLedger();
    const fork = await chain.test.snapshot();
    await deposit(OPERATOR, 500n);
    await mine(10);
    await sync(ledger, options(2));
    await chain.test.revert({ id: fork });
    await deposit(SECOND, 500n);
    await mine(12);
    const error: unknown = await sync(ledger, options(2)).catch((reason: unknown) => reason);
    expect(error).instanceOf(FrobenError).include({ code: "reorg_too_deep" });
  });

  it("as a loop, is up to date when it says so, and sits out a node that does not answer", async () => {
    const { db, ledger } = newLedger();
    const follow = options();
    let down = true;
    let refused = 0;
    const flaky = new Proxy(follow.client, {
      get: (target, name, receiver: unknown) => {
        if (name !== "getBlock" || !down) return Reflect.get(target, name, receiver) as unknown;
        refused++;
        if (refused >= 3) down = false;
        return () => connect("http://127.0.0.1:1", 25).getBlock();
      },
    });
    const indexer = startIndexer({ ...follow, client: flaky, ledger, pollMs: 20, log: silentLog });
    try {
      await deposit(OPERATOR, 500n);
      await indexer.caughtUp();
      expect(createChainReader(db, ledger).account(devnetAccount(OPERATOR).address).free).equal(
        500n,
      );
      expect(refused).greaterThanOrEqual(3);
      expect(indexer.health().failures).equal(0);
    } finally {
      await indexer.stop();
    }
  });
});
