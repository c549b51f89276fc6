import { expect } from "chai";
import fc from "fast-check";
import { keccak256, toHex, type Hex } from "viem";
import { createChainReader } from "../../../offchain/chain/chain-reader";
import {
  TABLE_NAMES,
  TABLES as CHAIN_ROWS,
  type KeyPart,
} from "../../../offchain/chain/chain-statements";
import type { BlockRef } from "../../../offchain/chain/follow-chain";
import { Ledger } from "../../../offchain/chain/ledger";
import type { MarketEvent } from "../../../offchain/chain/market-event";
import type { ChainChange } from "../../../offchain/coordinator/facade";
import { closeDatabase, openDatabase, type Db } from "../../../offchain/db/client";
import { marketAbi } from "../../../protocol/abi";
import { FrobenError } from "../../../protocol/errors";
import { KINDS, MarketModel, type Action } from "./model/market-model";
import { MIN_STAKE, OPERATORS } from "./model/state";
import { TABLES } from "./support/tables";

const MARKET = `0x${"5".repeat(40)}` as const;
const IDENTITY = { chainId: 31337, market: MARKET, fromBlock: 1 };
const CHAIN_TABLES = TABLES.map((table) => `chain_${table}`);

type Block = { block: BlockRef; events: MarketEvent[] };

/** Everything that the chain tables say, in one order. */
function contents(db: Db): Record<string, unknown[]> {
  return Object.fromEntries(
    CHAIN_TABLES.map((table) => [
      table,
      db.$client
        .prepare(`select * from ${table}`)
        .all()
        .map((row) => JSON.stringify(row))
        .sort(),
    ]),
  );
}

/** A history of blocks, one for each group of actions; `salt` makes its hashes its own. */
function history(
  model: MarketModel,
  groups: Action[][],
  parent: BlockRef | undefined,
  salt: string,
): Block[] {
  const blocks: Block[] = [];
  let last = parent;
  for (const actions of groups) {
    const number = (last?.number ?? 0) + 1;
    const block = {
      number,
      hash: keccak256(toHex(`${salt} ${number}`)),
      parentHash: last?.hash ?? (`0x${"00".repeat(32)}` as Hex),
      timestamp: 1000 + number,
    };
    const events = actions
      .flatMap((action) => model.act(action))
      .map((event, logIndex) => ({
        ...event,
        logIndex,
        tx: keccak256(toHex(`${salt} ${number} ${logIndex}`)),
      }));
    blocks.push({ block, events: events as MarketEvent[] });
    last = block;
  }
  return blocks;
}

/** Every row that events change, read as the coordinator's mind does, and those of some keys that are not there. */
function reads(ledger: Ledger, db: Db, asked: Map<string, KeyPart[]>): [unknown[], unknown[]] {
  const read: unknown[] = [];
  const stored: unknown[] = [];
  for (const name of TABLE_NAMES) {
    const { keyOf, find } = ledger.statements.rows[name];
    const rows = new Map(
      db
        .select()
        .from(CHAIN_ROWS[name].table)
        .all()
        .map((row) => [keyOf(row).join(" "), row]),
    );
    for (const [key, row] of rows) asked.set(`${name} ${key}`, keyOf(row));
    for (const [id, key] of asked) {
      if (!id.startsWith(`${name} `)) continue;
      read.push(find(key).row);
      stored.push(rows.get(key.join(" ")));
    }
  }
  return [read, stored];
}

let database: Db;

/** A ledger on an empty database; the file is made once, since migrating costs more than a test. */
function withLedger<T>(use: (ledger: Ledger, db: Db) => T): T {
  for (const table of [...CHAIN_TABLES, "chain_undo", "chain_identity"])
    database.$client.exec(`delete from ${table}`);
  return use(new Ledger(database, IDENTITY, MIN_STAKE, 0), database);
}

const applyAll = (ledger: Ledger, blocks: Block[]) =>
  blocks.forEach((block) => ledger.apply({ kind: "block", ...block }));

const actionArb: fc.Arbitrary<Action> = fc.tuple(
  fc.nat(KINDS - 1),
  fc.nat(20),
  fc.nat(20),
  fc.nat(100),
);
const groupsArb = fc.array(fc.array(actionArb, { maxLength: 20 }), { minLength: 1, maxLength: 15 });
/** Stake and a workflow to begin with, so that most actions are possible. */
const BEGINNING: Action[][] = [
  [
    [0, 0, 0, 99],
    [0, 1, 0, 99],
    [0, 2, 0, 99],
    [1, 0, 0, 0],
  ],
];

describe("ledger", () => {
  before(() => (database = openDatabase(":memory:")));
  after(() => closeDatabase(database));

  it("after any reorganisation says exactly what a fresh index of the new history says", () => {
    fc.assert(
      fc.property(groupsArb, groupsArb, fc.nat(), (common, first, cut) => {
        const keep = cut % (first.length + 1);
        const model = new MarketModel();
        const shared = history(model, [...BEGINNING, ...common], undefined, "shared");
        const fork = model.fork();
        const old = history(model, first, shared.at(-1)!.block, "old");
        // The new history begins at the fork, or `keep` blocks into the old one.
        const kept =
          keep === 0 ? [] : history(fork, first.slice(0, keep), shared.at(-1)!.block, "old");
        const base = [...shared, ...kept];
        const fresh = history(fork, [...first].reverse(), base.at(-1)!.block, "new");
        const rewritten = withLedger((ledger, db) => {
          const asked = new Map<string, KeyPart[]>();
          const readsWhatIsStored = () => {
            const [read, stored] = reads(ledger, db, asked);
            expect(read).deep.equal(stored);
          };
          applyAll(ledger, [...shared, ...old]);
          readsWhatIsStored();
          ledger.apply({ kind: "reorg", ancestor: base.at(-1)!.block });
          readsWhatIsStored();
          const atFork = contents(db);
          applyAll(ledger, fresh);
          readsWhatIsStored();
          return { atFork, atEnd: contents(db) };
        });
        const straight = withLedger((ledger, db) => {
          applyAll(ledger, base);
          const atFork = contents(db);
          applyAll(ledger, fresh);
          return { atFork, atEnd: contents(db) };
        });
        expect(rewritten).deep.equal(straight);
      }),
      { numRuns: 80 },
    );
  });

  it("reaches the same state from ranges of final blocks, which keep no undo, as from live ones", () => {
    fc.assert(
      fc.property(groupsArb, fc.integer({ min: 1, max: 20 }), (groups, size) => {
        const blocks = history(new MarketModel(), [...BEGINNING, ...groups], undefined, "one");
        const tables = (apply: (ledger: Ledger) => void) =>
          withLedger((ledger, db) => {
            apply(ledger);
            const { chain_blocks: _links, ...rest } = contents(db);
            return { ...rest, tip: ledger.tip() };
          });
        const inRanges = tables((ledger) => {
          for (let i = 0; i < blocks.length; i += size) {
            const range = blocks.slice(i, i + size);
            const events = range.map(({ block, events }) => ({ ...block, events }));
            ledger.apply({ kind: "final", blocks: events, tip: range.at(-1)!.block });
          }
        });
        expect(inRanges).deep.equal(tables((ledger) => applyAll(ledger, blocks)));
      }),
      { numRuns: 30 },
    );
  });

  /** Applies a history, then holds every operator's stake against the model. */
  function agrees(groups: Action[][]): Block[] {
    const model = new MarketModel();
    const blocks = history(model, [...BEGINNING, ...groups], undefined, "one");
    withLedger((ledger, db) => {
      applyAll(ledger, blocks);
      const reader = createChainReader(db, ledger);
      for (const operator of OPERATORS)
        expect(reader.account(operator)).include(model.stake(operator));
    });
    return blocks;
  }

  it("holds every operator's free and locked stake, whatever happens to claims, disputes, seats and silences", () => {
    fc.assert(
      fc.property(groupsArb, (groups) => void agrees(groups)),
      { numRuns: 50 },
    );
  });

  it("does so along a walk that meets every event but those of refunds, fees and ends", () => {
    // The same walk every time, so that it is known to meet them.
    const [action] = fc.sample(fc.array(actionArb, { minLength: 3_000, maxLength: 3_000 }), {
      numRuns: 1,
      seed: 1,
    });
    const groups = Array.from({ length: 300 }, (_, i) => action!.slice(i * 10, (i + 1) * 10));
    const met = new Set(agrees(groups).flatMap(({ events }) => events.map(({ name }) => name)));
    const events = marketAbi.flatMap((item) => (item.type === "event" ? [item.name] : []));
    expect(events.filter((name) => !met.has(name)).sort()).deep.equal([
      "CoordinatorReplaced",
      "DeadlineExtended",
      "EscrowRefunded",
      "EscrowToppedUp",
      "FeePaid",
      "FinalAccepted",
      "OwedWithdrawn",
      "Voted",
      "WorkflowCancelled",
      "WorkflowCompleted",
    ]);
  });

  it("tells its listener every row that a reorganisation changed, inside the same transaction", () => {
    withLedger((ledger, db) => {
      const model = new MarketModel();
      const shared = history(model, BEGINNING, undefined, "a");
      applyAll(ledger, shared);
      const changes: ChainChange[] = [];
      ledger.setListener((change) => {
        expect(db.$client.inTransaction).equal(true);
        changes.push(change);
      });
      applyAll(ledger, history(model, [[[2, 0, 0, 2]]], shared[0]!.block, "a"));
      ledger.apply({ kind: "reorg", ancestor: shared[0]!.block });
      expect(changes.map(({ block }) => block)).deep.equal([2, 1]);
      for (const change of changes) {
        expect([...change.workflows]).deep.equal([1]);
        expect([...change.tasks].map(({ task }) => task)).deep.equal([96, 97, 98]);
        expect([...change.accounts]).deep.equal([`0x${"1".padStart(40, "0")}`]);
      }
    });
  });

  it("applies a block whole or not at all", () => {
    withLedger((ledger, db) => {
      applyAll(ledger, history(new MarketModel(), BEGINNING, undefined, "a"));
      const before = contents(db);
      const [next] = history(new MarketModel(), [[[0, 0, 0, 5]]], ledger.tip(), "a");
      const asked = new Map<string, KeyPart[]>();
      ledger.setListener(() => {
        reads(ledger, db, asked); // as it is inside the transaction
        throw new Error("the listener failed");
      });
      expect(() => ledger.apply({ kind: "block", ...next! })).throws("the listener failed");
      expect(contents(db)).deep.equal(before);
      const [read, stored] = reads(ledger, db, asked);
      expect(read).deep.equal(stored);
    });
  });

  it("refuses events that don't add up, and changes nothing", () => {
    withLedger((ledger, db) => {
      applyAll(ledger, history(new MarketModel(), BEGINNING, undefined, "a"));
      const before = contents(db);
      const [next] = history(new MarketModel(), [[]], ledger.tip(), "a");
      const operator = `0x${"1".padStart(40, "0")}` as const;
      const event = {
        name: "StakeWithdrawn",
        args: { operator, to: operator, amount: 1n },
        tx: next!.block.hash,
        logIndex: 0,
      } as const;
      expect(() => ledger.apply({ kind: "block", block: next!.block, events: [event] }))
        .throws(FrobenError)
        .include({ code: "ledger_negative", field: "unbonding" });
      expect(contents(db)).deep.equal(before);
    });
  });

  it("forgets the undo of final blocks, and keeps the newest of them as the floor", () => {
    withLedger((ledger, db) => {
      const blocks = history(
        new MarketModel(),
        [...BEGINNING, [], [[0, 0, 0, 1]], []],
        undefined,
        "a",
      );
      applyAll(ledger, blocks);
      ledger.apply({ kind: "finalize", number: 2 });
      expect([1, 2, 3, 4].map((number) => ledger.at(number)?.number)).deep.equal([
        undefined,
        2,
        3,
        4,
      ]);
      expect(db.$client.prepare("select distinct block from chain_undo").all()).deep.equal([
        { block: 3 },
      ]);
    });
  });

  it("refuses a database that belongs to another market", () => {
    withLedger((_ledger, db) => {
      expect(() => new Ledger(db, { ...IDENTITY, chainId: 1 }, MIN_STAKE, 0))
        .throws(FrobenError)
        .include({ code: "database_of_other_chain", field: "chainId", limit: 31337, value: 1 });
    });
  });
});
