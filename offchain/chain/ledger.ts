import { desc, eq, gt, lt, lte } from "drizzle-orm";
import { FrobenError } from "../../protocol/errors";
import type { ChainChange } from "../coordinator/facade";
import type { Db, Tx } from "../db/client";
import { chainBlocks, chainEvents, chainIdentity, chainUndo } from "../db/schema/chain";
import { applyMoney } from "./apply-money";
import { applyWork } from "./apply-work";
import { BlockRows, rollBack, type Touched } from "./block-rows";
import { prepareStatements, type ChainStatements } from "./chain-statements";
import type { BlockRef, ChainStep } from "./follow-chain";
import { jsonArgs, type MarketEvent } from "./market-event";

/** Who hears of every change, inside the database transaction that makes it. */
export type ChainListener = (change: ChainChange) => void;

export interface ChainIdentity {
  chainId: number;
  /** Lower-case. */
  market: `0x${string}`;
  fromBlock: number;
}

const slotOf = (event: MarketEvent): string | undefined =>
  "slot" in event.args && "operator" in event.args
    ? `${event.tx}${event.args.operator}${event.args.slot}`
    : undefined;

function changeOf(touched: Touched, block: number, timestamp: number): ChainChange {
  const workflows = new Set(touched.workflows.map(([workflow]) => workflow as number));
  const tasks = touched.tasks.map(([workflow, task]) => ({
    workflow: workflow as number,
    task: task as number,
  }));
  for (const { workflow } of tasks) workflows.add(workflow);
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
  readonly #statements: ChainStatements;

  /**
   * @param identity what the database is bound to on first use
   * @throws FrobenError `database_of_other_chain` when it belongs to another chain, contract or first block
   */
  constructor(
    private readonly db: Db,
    identity: ChainIdentity,
  ) {
    this.#statements = prepareStatements(db);
    const known = db.select().from(chainIdentity).get();
    if (!known)
      db.insert(chainIdentity)
        .values({ id: 1, ...identity })
        .run();
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
    return this.db.select().from(chainBlocks).orderBy(desc(chainBlocks.number)).limit(1).get();
  }

  /** @returns an applied block, if it is not older than the newest final one */
  at(number: number): BlockRef | undefined {
    return this.db.select().from(chainBlocks).where(eq(chainBlocks.number, number)).get();
  }

  apply(step: ChainStep): void {
    this.db.transaction((tx) => {
      if (step.kind === "block") this.#applyBlock(tx, step.block, step.events, step.final);
      else if (step.kind === "reorg") this.#applyReorg(tx, step.ancestor);
      else this.#finalize(tx, step.number);
    });
  }

  #applyBlock(tx: Tx, block: BlockRef, events: MarketEvent[], final: boolean): void {
    const rows = new BlockRows(this.#statements);
    const conceding = new Set(events.filter((e) => e.name === "Conceded").map(slotOf));
    for (const event of events) {
      const at = { block: block.number, timestamp: block.timestamp, tx: event.tx };
      if (!applyMoney(rows, at, event)) applyWork(rows, at, event, conceding.has(slotOf(event)));
      tx.insert(chainEvents)
        .values({
          block: block.number,
          logIndex: event.logIndex,
          tx: event.tx,
          name: event.name,
          args: jsonArgs(event.args) as Record<string, unknown>,
          workflow: "workflow" in event.args ? event.args.workflow : null,
          timestamp: block.timestamp,
        })
        .run();
    }
    const touched = rows.flush(block.number, !final);
    // A final block needs no link to its past: only the newest is kept, as the checkpoint.
    if (final) tx.delete(chainBlocks).run();
    tx.insert(chainBlocks).values(block).run();
    this.#listener(changeOf(touched, block.number, block.timestamp));
  }

  #applyReorg(tx: Tx, ancestor: BlockRef): void {
    const touched = rollBack(this.#statements, ancestor.number);
    tx.delete(chainEvents).where(gt(chainEvents.block, ancestor.number)).run();
    tx.delete(chainBlocks).where(gt(chainBlocks.number, ancestor.number)).run();
    this.#listener(changeOf(touched, ancestor.number, ancestor.timestamp));
  }

  #finalize(tx: Tx, number: number): void {
    tx.delete(chainUndo).where(lte(chainUndo.block, number)).run();
    tx.delete(chainBlocks).where(lt(chainBlocks.number, number)).run();
  }
}
