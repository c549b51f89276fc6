import { desc, eq, gt, lt, lte } from "drizzle-orm";
import type { Hex } from "viem";
import { attemptOfKey } from "../../protocol/dispute-key";
import { FrobenError } from "../../protocol/errors";
import type { ChainChange } from "../coordinator/facade";
import type { Db, Tx } from "../db/client";
import {
  chainBlocks,
  chainEvents,
  chainEventWorkflows,
  chainIdentity,
  chainUndo,
} from "../db/schema/chain";
import { applyEvent, workflowsOf } from "./apply-event";
import { BlockRows, rollBack, type Touched } from "./block-rows";
import { prepareStatements, type ChainStatements } from "./chain-statements";
import type { BlockEvents, BlockRef, ChainStep } from "./follow-chain";
import { jsonArgs, type MarketEvent } from "./market-event";

/** Who hears of every change, inside the database transaction that makes it. */
export type ChainListener = (change: ChainChange) => void;

export interface ChainIdentity {
  chainId: number;
  /** Lower-case. */
  market: `0x${string}`;
  fromBlock: number;
}

function changeOf(touched: Touched, block: number, timestamp: number): ChainChange {
  const workflows = new Set(touched.workflows.map(([workflow]) => workflow as number));
  const tasks = touched.tasks.map(([workflow, task]) => ({
    workflow: workflow as number,
    task: task as number,
  }));
  for (const { workflow } of tasks) workflows.add(workflow);
  for (const [key] of touched.disputes) workflows.add(attemptOfKey(key as Hex).workflow);
  return {
    workflows,
    tasks,
    accounts: touched.accounts.map(([address]) => address as string),
    block,
    timestamp,
  };
}

/** The chain tables: applies what `followChain` yields, each step in one database transaction with the checkpoint. */
export class Ledger {
  #listener: ChainListener = () => {};
  /** For who reads the tables, too. */
  readonly statements: ChainStatements;
  /** As read last; whoever looks at a task asks for it. */
  #tip: BlockRef | undefined;
  /** When the database was made, Unix ms. */
  readonly madeAt: number;

  /**
   * @param identity what the database is bound to on first use
   * @param minStake the market's, units
   * @param now Unix ms
   * @throws FrobenError `database_of_other_chain` when it belongs to another chain, contract or first block
   */
  constructor(
    private readonly db: Db,
    identity: ChainIdentity,
    readonly minStake: bigint,
    now: number,
  ) {
    this.statements = prepareStatements(db);
    const known = db.select().from(chainIdentity).get();
    if (!known)
      db.insert(chainIdentity)
        .values({ id: 1, ...identity, madeAt: now })
        .run();
    this.madeAt = known?.madeAt ?? now;
    for (const field of ["chainId", "market", "fromBlock"] as const)
      if (known && known[field] !== identity[field])
        throw new FrobenError("database_of_other_chain", "the database belongs to another market", {
          field,
          limit: known[field],
          value: identity[field],
          hint: "use another data folder",
        });
  }

  setListener(listener: ChainListener): void {
    this.#listener = listener;
  }

  /** @returns the newest block that is applied */
  tip(): BlockRef | undefined {
    this.#tip ??= this.db
      .select()
      .from(chainBlocks)
      .orderBy(desc(chainBlocks.number))
      .limit(1)
      .get();
    return this.#tip;
  }

  /** @returns an applied block, if it is not older than the newest final one */
  at(number: number): BlockRef | undefined {
    return this.db.select().from(chainBlocks).where(eq(chainBlocks.number, number)).get();
  }

  apply(step: ChainStep): void {
    try {
      this.db.transaction((tx) => {
        if (step.kind === "block") this.#applyBlock(tx, step.block, step.events);
        else if (step.kind === "final") this.#applyFinal(tx, step.blocks, step.tip);
        else if (step.kind === "reorg") this.#applyReorg(tx, step.ancestor);
        else this.#finalize(tx, step.number);
      });
    } catch (error) {
      this.statements.forget();
      throw error;
    } finally {
      this.#tip = undefined;
    }
  }

  #applyBlock(tx: Tx, block: BlockRef, events: MarketEvent[]): void {
    const rows = new BlockRows(this.statements);
    this.#applyEvents(rows, block, events);
    const touched = rows.flush(block.number);
    tx.insert(chainBlocks).values(block).run();
    this.#listener(changeOf(touched, block.number, block.timestamp));
  }

  /** Each row is written once, however many blocks change it. A final block needs no link to its past: only the newest is kept. */
  #applyFinal(tx: Tx, blocks: BlockEvents[], tip: BlockRef): void {
    const rows = new BlockRows(this.statements);
    for (const { events, ...block } of blocks) this.#applyEvents(rows, block, events);
    const touched = rows.flush();
    tx.delete(chainBlocks).run();
    tx.insert(chainBlocks).values(tip).run();
    this.#listener(changeOf(touched, tip.number, tip.timestamp));
  }

  /** Keeps a block's events as they came, and does to the rows what they say. */
  #applyEvents(
    rows: BlockRows,
    { number: block, timestamp }: Pick<BlockRef, "number" | "timestamp">,
    events: MarketEvent[],
  ): void {
    const { minStake } = this;
    const conceded = new Set(events.flatMap((e) => (e.name === "Conceded" ? [e.logIndex] : [])));
    for (const event of events) {
      const { name, logIndex, tx } = event;
      const args = JSON.stringify(jsonArgs(event.args));
      const workflows = workflowsOf(rows, event);
      this.statements.addEvent({ block, logIndex, tx, timestamp }, name, args, workflows);
      // A concession is logged right behind the release that it is.
      const isConcession = conceded.has(logIndex + 1);
      applyEvent(rows, { block, timestamp, tx, conceded: isConcession, minStake }, event);
    }
  }

  #applyReorg(tx: Tx, ancestor: BlockRef): void {
    const touched = rollBack(this.statements, ancestor.number);
    tx.delete(chainEventWorkflows).where(gt(chainEventWorkflows.block, ancestor.number)).run();
    tx.delete(chainEvents).where(gt(chainEvents.block, ancestor.number)).run();
    tx.delete(chainBlocks).where(gt(chainBlocks.number, ancestor.number)).run();
    this.#listener(changeOf(touched, ancestor.number, ancestor.timestamp));
  }

  #finalize(tx: Tx, number: number): void {
    tx.delete(chainUndo).where(lte(chainUndo.block, number)).run();
    tx.delete(chainBlocks).where(lt(chainBlocks.number, number)).run();
  }
}
