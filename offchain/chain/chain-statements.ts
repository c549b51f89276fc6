import type { InferSelectModel } from "drizzle-orm";
import type { Db } from "../db/client";
import { rowWriter, type Row, type StoredRow } from "../db/row-writer";
import {
  chainAccounts,
  chainBatches,
  chainDisputes,
  chainTasks,
  chainWorkflows,
} from "../db/schema/chain";
import { chainEvidence, chainPrograms } from "../db/schema/evidence";
import { RowCache, type Held } from "./row-cache";

/** The tables that events change, with their key columns. */
export const TABLES = {
  workflows: { table: chainWorkflows, key: ["workflow"] },
  batches: { table: chainBatches, key: ["operator", "slot"] },
  tasks: { table: chainTasks, key: ["workflow", "task"] },
  accounts: { table: chainAccounts, key: ["address"] },
  disputes: { table: chainDisputes, key: ["key"] },
  evidence: { table: chainEvidence, key: ["operator", "program", "kind", "day"] },
  programs: { table: chainPrograms, key: ["specHash"] },
} as const;

export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as TableName[];
export type RowOf<N extends TableName> = InferSelectModel<(typeof TABLES)[N]["table"]>;
export type KeyPart = string | number;

/** @returns a key as one text */
export const keyText = (key: readonly KeyPart[]): string =>
  key.length === 2 ? `${key[0]} ${key[1]}` : key.join(" ");

/** Reads and writes single rows of one table. */
export interface RowStatements {
  keyOf(row: Row): KeyPart[];
  /** @param text of the key */
  find(key: readonly KeyPart[], text?: string): Held;
  /** @param text of its key */
  put(row: Row, text?: string): void;
  /** Puts back what was stored before, or that nothing was. */
  restore(key: readonly KeyPart[], stored: StoredRow | undefined): void;
  /** Reads rows anew from now on: what was put was taken back with its transaction. */
  forget(): void;
}

function statementsFor(db: Db, name: TableName): RowStatements {
  const { table, key } = TABLES[name];
  const { fields, from, encode, decode, put } = rowWriter(db, table, key);
  const names = fields.map((column) => column.name);
  const keyNames = key.map((field) => fields.find((one) => one.field === field)!.name);
  const where = keyNames.map((column) => `${column} = ?`).join(" and ");
  const client = db.$client;
  const get = client
    .prepare<KeyPart[], StoredRow>(`select ${names.join(", ")} from ${from} where ${where}`)
    .raw();
  const remove = client.prepare<KeyPart[]>(`delete from ${from} where ${where}`);
  const cache = new RowCache();
  const keyOf = (row: Row) => key.map((field) => row[field] as KeyPart);
  return {
    keyOf,
    find: (parts, text = keyText(parts)) =>
      cache.of(text, () => {
        const stored = get.get(...parts);
        return { stored, row: stored && decode(stored) };
      }),
    put(row, text = keyText(keyOf(row))) {
      const stored = encode(row);
      put(stored);
      cache.set(text, { stored, row });
    },
    restore(parts, stored) {
      if (stored) put(stored);
      else remove.run(...parts);
      cache.set(keyText(parts), { stored, row: stored && decode(stored) });
    },
    forget: () => cache.clear(),
  };
}

/** One undo entry: what a row held before a block; null when it did not exist. */
export interface UndoEntry {
  tableName: TableName;
  key: string;
  former: string | null;
}

/**
 * Prepared statements for what is done thousands of times when a wide workflow is claimed or a long history is read; the query
 * builder would spend far more on each than the database does. They take part in the transaction of the same client.
 */
export interface ChainStatements {
  rows: Record<TableName, RowStatements>;
  /** Keeps an event with the workflows that it is about. @param args as JSON */
  addEvent(
    at: { block: number; logIndex: number; tx: string; timestamp: number },
    name: string,
    args: string,
    workflows: Iterable<number>,
  ): void;
  addUndo(block: number, entry: UndoEntry): void;
  /** Entries above a block, oldest first. */
  undoAbove(block: number): UndoEntry[];
  dropUndoAbove(block: number): void;
  /** A transaction was rolled back: rows are as they were before. */
  forget(): void;
}

export function prepareStatements(db: Db): ChainStatements {
  const client = db.$client;
  const event = client.prepare<[number, number, string, string, string, number]>(
    "insert into chain_events (block, log_index, tx, name, args_json, timestamp) values (?, ?, ?, ?, ?, ?)",
  );
  const about = client.prepare<[number, number, number]>(
    "insert into chain_event_workflows (workflow, block, log_index) values (?, ?, ?)",
  );
  const add = client.prepare<[number, string, string, string | null]>(
    "insert into chain_undo (block, table_name, key, former_json) values (?, ?, ?, ?)",
  );
  const above = client.prepare<[number], UndoEntry>(
    `select table_name as tableName, key, former_json as former from chain_undo where block > ? order by block`,
  );
  const drop = client.prepare<[number]>("delete from chain_undo where block > ?");
  const rows = Object.fromEntries(
    TABLE_NAMES.map((name) => [name, statementsFor(db, name)]),
  ) as ChainStatements["rows"];
  return {
    rows,
    addEvent({ block, logIndex, tx, timestamp }, name, args, workflows) {
      event.run(block, logIndex, tx, name, args, timestamp);
      for (const workflow of workflows) about.run(workflow, block, logIndex);
    },
    addUndo: (block, { tableName, key, former }) => void add.run(block, tableName, key, former),
    undoAbove: (block) => above.all(block),
    dropUndoAbove: (block) => void drop.run(block),
    forget: () => Object.values(rows).forEach((table) => table.forget()),
  };
}
