import { getTableColumns, getTableName, type InferSelectModel } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Db } from "../db/client";
import {
  chainAccounts,
  chainBatches,
  chainDisputes,
  chainTasks,
  chainWorkflows,
} from "../db/schema/chain";

/** The tables that events change, with their key columns. */
const TABLES = {
  workflows: { table: chainWorkflows, key: ["workflow"] },
  batches: { table: chainBatches, key: ["operator", "slot"] },
  tasks: { table: chainTasks, key: ["workflow", "task"] },
  accounts: { table: chainAccounts, key: ["address"] },
  disputes: { table: chainDisputes, key: ["key"] },
} as const;

export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as TableName[];
export type RowOf<N extends TableName> = InferSelectModel<(typeof TABLES)[N]["table"]>;
export type KeyPart = string | number;
/** A row as the code sees it. */
export type Row = Record<string, unknown>;
/** A row as the driver stores it: strings, numbers and nulls, which JSON holds without loss. */
export type StoredRow = Record<string, string | number | null>;

/** Reads and writes single rows of one table. */
export interface RowStatements {
  keyOf(row: Row): KeyPart[];
  encode(row: Row): StoredRow;
  decode(row: StoredRow): Row;
  get(key: readonly KeyPart[]): StoredRow | undefined;
  put(row: StoredRow): void;
  remove(key: readonly KeyPart[]): void;
}

function statementsFor(db: Db, name: TableName): RowStatements {
  const { table, key } = TABLES[name];
  const columns = Object.entries(getTableColumns(table as SQLiteTable)) as [string, SQLiteColumn][];
  const quoted = (field: string) =>
    `"${columns.find(([candidate]) => candidate === field)![1].name}"`;
  const from = `"${getTableName(table)}"`;
  const where = key.map((field) => `${quoted(field)} = ?`).join(" and ");
  const fields = columns.map(([field]) => field);
  const updates = fields.map((field) => `${quoted(field)} = excluded.${quoted(field)}`);
  const client = db.$client;
  const get = client.prepare<KeyPart[], StoredRow>(
    `select ${fields.map((field) => `${quoted(field)} as "${field}"`).join(", ")} from ${from} where ${where}`,
  );
  const put = client.prepare<StoredRow>(
    `insert into ${from} (${fields.map(quoted).join(", ")}) values (${fields.map((field) => `@${field}`).join(", ")})
     on conflict (${key.map(quoted).join(", ")}) do update set ${updates.join(", ")}`,
  );
  const remove = client.prepare<KeyPart[]>(`delete from ${from} where ${where}`);
  return {
    keyOf: (row) => key.map((field) => row[field] as KeyPart),
    encode: (row) =>
      Object.fromEntries(
        columns.map(([field, column]) => {
          const value = row[field] ?? null;
          return [field, value === null ? null : column.mapToDriverValue(value)];
        }),
      ) as StoredRow,
    decode: (row) =>
      Object.fromEntries(
        columns.map(([field, column]) => {
          const value = row[field] ?? null;
          return [field, value === null ? null : column.mapFromDriverValue(value)];
        }),
      ),
    get: (parts) => get.get(...parts),
    put: (row) => void put.run(row),
    remove: (parts) => void remove.run(...parts),
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
  addUndo(block: number, entry: UndoEntry): void;
  /** Entries above a block, oldest first. */
  undoAbove(block: number): UndoEntry[];
  dropUndoAbove(block: number): void;
}

export function prepareStatements(db: Db): ChainStatements {
  const client = db.$client;
  const add = client.prepare<[number, string, string, string | null]>(
    "insert into chain_undo (block, table_name, key, former_json) values (?, ?, ?, ?)",
  );
  const above = client.prepare<[number], UndoEntry>(
    `select table_name as tableName, key, former_json as former from chain_undo where block > ? order by block`,
  );
  const drop = client.prepare<[number]>("delete from chain_undo where block > ?");
  return {
    rows: Object.fromEntries(
      TABLE_NAMES.map((name) => [name, statementsFor(db, name)]),
    ) as ChainStatements["rows"],
    addUndo: (block, { tableName, key, former }) => void add.run(block, tableName, key, former),
    undoAbove: (block) => above.all(block),
    dropUndoAbove: (block) => void drop.run(block),
  };
}
