import { expect } from "chai";
import fc from "fast-check";
import { join } from "node:path";
import pino from "pino";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { connectMarket, type MarketChain } from "../../../operator/chain/clients";
import { accountOf } from "../../../operator/chain/stake";
import { createStakeKeeper, topUpOf, type StakeFacts } from "../../../operator/chain/stake-keeper";
import { createTransactionSender } from "../../../operator/chain/transaction-sender";
import { systemClock, type Clock } from "../../../operator/clock";
import { openJournal, type Journal } from "../../../operator/journal/journal";
import { startTestChain, type TestChain } from "../../support/chain";

const DAY_MS = 24 * 3600 * 1000;
const log = pino({ level: "silent" });

describe("what an operator deposits", () => {
  const facts: StakeFacts = {
    ...{ stake: 1_000n, target: 1_000n, kept: 1_000n },
    ...{ refilled: 0n, refillPerDay: 250n, unbonding: 0n, minStake: 100n },
  };
  const units = (changes: Partial<StakeFacts>) => topUpOf({ ...facts, ...changes }).units;

  it("is what was lost, within the day's limit", () => {
    expect(units({})).to.equal(0n);
    expect(units({ stake: 800n })).to.equal(200n);
    expect(units({ stake: 500n })).to.equal(250n);
    expect(units({ stake: 500n, refilled: 200n })).to.equal(50n);
    expect(units({ stake: 500n, refilled: 300n })).to.equal(0n);
  });

  it("is all that the configuration wants more than before", () => {
    expect(units({ kept: 0n, stake: 0n })).to.equal(1_000n);
    expect(units({ target: 5_000n })).to.equal(4_000n);
    expect(topUpOf({ ...facts, target: 5_000n, stake: 500n })).to.deep.equal({
      units: 4_250n,
      refill: 250n,
    });
  });

  it("is nothing that is not worth a transaction, unless the market's minimum is not kept", () => {
    expect(units({ stake: 951n })).to.equal(0n);
    expect(units({ stake: 950n })).to.equal(50n);
    const low = { target: 100n, kept: 100n };
    expect(units({ ...low, stake: 99n })).to.equal(1n);
    expect(units({ ...low, stake: 99n, minStake: 50n })).to.equal(0n);
  });

  it("is nothing that the contract would not take", () => {
    expect(units({ stake: 0n, target: 10n, kept: 0n }), "the first").to.equal(100n);
    expect(units({ stake: 10n, refillPerDay: 80n })).to.equal(0n);
    expect(units({ stake: 10n, refillPerDay: 90n })).to.equal(90n);
  });

  it("is nothing while the owner takes stake out", () => {
    expect(units({ stake: 500n, unbonding: 500n })).to.equal(0n);
  });
});

describe("an operator that keeps its stake", function () {
  this.timeout(120_000);
  let chain: TestChain;
  let market: MarketChain;
  let journal: Journal;
  let snapshot: `0x${string}`;
  let ahead: number;
  let draining: boolean;
  const account = devnetAccount(ROLES.operators);
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };

  before(async () => {
    chain = await startTestChain();
    const { unit, fromBlock, market: address } = chain;
    const info = { chainId: 31337, market: address, coordinator: address, unit: String(unit) };
    market = await connectMarket(
      chain.rpcUrl,
      { ...info, fromBlock, version: "test" } as never,
      undefined,
    );
  });
  after(() => chain.stop());
  beforeEach(async () => {
    snapshot = await chain.test.snapshot();
    [ahead, draining] = [0, false];
    journal = openJournal(":memory:", clock);
  });
  afterEach(async () => {
    journal.close();
    await chain.test.revert({ id: snapshot });
  });

  function life(stake: bigint, refillPerDay: bigint, changes: { on?: MarketChain } = {}) {
    const { on = market } = changes;
    const sender = createTransactionSender({
      ...{ chain: on, account, journal, clock, log },
      pauseMs: () => 20,
    });
    const keeper = createStakeKeeper({
      ...{ chain: on, sender, operator: account.address, journal, clock, log },
      config: { stake, refillPerDay },
      isDraining: () => draining,
    });
    return { sender, keeper };
  }
  const stakeNow = async () => {
    const { free, locked } = await accountOf(market, account.address);
    return free + locked;
  };
  const sent = () => chain.client.getTransactionCount({ address: account.address });
  /** Its owner takes stake out, which is the one loss that needs no work. */
  async function lose(units: bigint): Promise<void> {
    await chain.call(ROLES.operators, "startUnbonding", [units]);
    await chain.test.increaseTime({ seconds: 15 * 86_400 + 1 });
    await chain.call(ROLES.operators, "withdrawStake", [account.address]);
  }
  async function afterAMinute(keeper: ReturnType<typeof life>["keeper"]): Promise<bigint> {
    ahead += 60_000;
    await Promise.all(keeper.turn());
    return stakeNow();
  }

  it("replaces what it loses while it runs, up to a day's limit, and the rest the next day", async () => {
    const { keeper } = life(1_000n, 300n);
    await keeper.fill();
    expect(await stakeNow()).to.equal(1_000n);
    await lose(200n);
    expect(await afterAMinute(keeper)).to.equal(1_000n);
    await lose(400n);
    expect(await afterAMinute(keeper)).to.equal(700n);
    expect(await afterAMinute(keeper)).to.equal(700n);
    ahead += DAY_MS;
    expect(await afterAMinute(keeper)).to.equal(1_000n);
  });

  it("counts over restarts, and lets a higher stake through", async () => {
    await life(1_000n, 300n).keeper.fill();
    for (const left of [1_000n, 800n]) {
      await lose(250n);
      await life(1_000n, 300n).keeper.fill();
      expect(await stakeNow()).to.equal(left);
    }
    await life(1_500n, 300n).keeper.fill();
    expect(await stakeNow()).to.equal(1_300n);
  });

  it("looks once a minute, and puts nothing in while it drains or its owner takes stake out", async () => {
    const { keeper } = life(1_000n, 300n);
    await keeper.fill();
    expect(keeper.turn()).to.deep.equal([]);
    await chain.call(ROLES.operators, "startUnbonding", [300n]);
    expect(await afterAMinute(keeper)).to.equal(700n);
    await chain.test.increaseTime({ seconds: 15 * 86_400 + 1 });
    await chain.call(ROLES.operators, "withdrawStake", [account.address]);
    draining = true;
    expect(await afterAMinute(keeper)).to.equal(700n);
    draining = false;
    expect(await afterAMinute(keeper)).to.equal(1_000n);
  });

  for (const landed of [false, true])
    it(`does not top up twice when it is killed after a deposit was written down and ${landed ? "landed" : "never sent"}`, async () => {
      await life(1_000n, 300n).keeper.fill();
      await lose(200n);
      const before = await sent();
      let isDead = false;
      const sendRawTransaction: typeof market.client.sendRawTransaction = async (raw) => {
        if (landed) await market.client.sendRawTransaction(raw);
        isDead = true;
        return new Promise(() => undefined); // nothing of that life goes on
      };
      const on = { ...market, client: { ...market.client, sendRawTransaction } };
      void life(1_000n, 300n, { on }).keeper.fill();
      while (!isDead) await clock.sleep(10);
      expect(journal.openTransactions()).to.have.length(1);

      const next = life(1_000n, 300n);
      await next.sender.recover();
      await next.keeper.fill();
      expect(await stakeNow()).to.equal(1_000n);
      expect(await sent()).to.equal(before + 1);
      await lose(200n);
      expect(await afterAMinute(next.keeper), "the deposit is counted").to.equal(900n);
    });

  it("deposits again what a reorganisation took back, however much it was", async () => {
    const empty = await chain.test.snapshot();
    const { keeper } = life(1_000n, 300n);
    await keeper.fill();
    await chain.test.revert({ id: empty });
    expect(await afterAMinute(keeper)).to.equal(1_000n);
  });

  it("never replaces more within a day than its limit, whatever it loses when", () => {
    const key = "market:operator";
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: DAY_MS }), fc.bigInt(0n, 400n)), {
          maxLength: 30,
        }),
        (steps) => {
          let now = 0;
          const its = openJournal(":memory:", { ...clock, now: () => now });
          const made: { at: number; refill: bigint }[] = [];
          let stake = 0n;
          for (const [nonce, [pause, loss]] of steps.entries()) {
            now += pause;
            stake = stake > loss ? stake - loss : 0n;
            const since = now - DAY_MS;
            const rows = its.deposits(key, since);
            const { units, refill } = topUpOf({
              ...{ stake, target: 1_000n, kept: rows[0]?.target ?? 0n, unbonding: 0n },
              refilled: rows
                .filter(({ signedAt }) => signedAt > since)
                .reduce((sum, row) => sum + row.refill, 0n),
              ...{ refillPerDay: 250n, minStake: 100n },
            });
            if (units === 0n) continue;
            stake += units;
            made.push({ at: now, refill });
            const raw = { purpose: "deposit", nonce, hash: `0x${nonce}`, raw: "0x" } as const;
            its.addTransaction(raw, { account: key, target: 1_000n, refill });
          }
          its.close();
          for (const { at } of made) {
            const day = made.filter((one) => one.at > at - DAY_MS && one.at <= at);
            const sum = day.reduce((all, { refill }) => all + refill, 0n);
            expect(sum <= 250n, `at ${at}: ${sum}`).to.equal(true);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("counts a deposit whose fee was raised once, and none that came to nothing", async () => {
    const folder = join(chain.folder, "bumped.sqlite");
    const its = openJournal(folder, clock);
    const intent = { account: "a", target: 1_000n, refill: 100n };
    const add = (nonce: number, hash: `0x${string}`) =>
      its.addTransaction({ purpose: "deposit", nonce, hash, raw: "0x" }, intent);
    add(1, "0x1a");
    add(1, "0x1b");
    add(2, "0x2a");
    its.endTransaction(1, "0x1b", "included");
    its.endTransaction(2, "0x2a", "reverted");
    expect(its.deposits("a", 0).map(({ hash }) => hash)).to.deep.equal(["0x1b"]);
    expect(its.deposits("a", clock.now() + 1)).to.have.length(1);
    expect(its.deposits("b", 0)).to.deep.equal([]);
    its.close();
  });
});
