import { getTableColumns, getTableName } from "drizzle-orm";
import {
  SQLiteInteger,
  SQLiteText,
  type SQLiteColumn,
  type SQLiteTable,
} from "drizzle-orm/sqlite-core";
import type { Db } from "./client";

/** A row as the code sees it. */
export type Row = Record<string, unknown>;
/** A row as the driver stores it, in the order of the table's columns: what JSON holds without loss. */
export type StoredRow = (string | number | null)[];

/** A column by the name of its field, and what becomes of its values between code and driver: nothing if `convert` is not there. */
interface Field {
  field: string;
  /** Quoted. */
  name: string;
  convert?: {
    encode(value: unknown): string | number;
    decode(value: unknown): unknown;
  };
}

function fieldOf([field, column]: [string, SQLiteColumn]): Field {
  const name = `"${column.name}"`;
  if (column instanceof SQLiteInteger || column instanceof SQLiteText) return { field, name };
  return {
    field,
    name,
    convert: {
      encode: (value) => column.mapToDriverValue(value) as string | number,
      decode: (value) => column.mapFromDriverValue(value),
    },
  };
}

/** Writes whole rows of one table. */
export interface RowWriter {
  fields: readonly Field[];
  /** Quoted name of the table. */
  from: string;
  encode(row: Row): StoredRow;
  decode(stored: StoredRow): Row;
  /** Puts a row in the place of the one with its key. */
  put(row: StoredRow): void;
}

/**
 * Prepares what is done thousands of times when a wide workflow runs or a long history is read; the query builder would spend far more
 * on each row than the database does. It takes part in the transaction of the same client.
 * @param key fields of the table's primary key
 */
export function rowWriter(db: Db, table: SQLiteTable, key: readonly string[]): RowWriter {
  const fields = Object.entries(getTableColumns(table)).map(fieldOf);
  const from = `"${getTableName(table)}"`;
  const names = fields.map(({ name }) => name);
  const keyNames = key.map((field) => fields.find((one) => one.field === field)!.name);
  // Setting the key to what it is would have its index written again.
  const updates = names
    .filter((column) => !keyNames.includes(column))
    .map((column) => `${column} = excluded.${column}`);
  const change = updates.length > 0 ? `update set ${updates.join(", ")}` : "nothing";
  const put = db.$client.prepare<StoredRow>(
    `insert into ${from} (${names.join(", ")}) values (${names.map(() => "?").join(", ")})
     on conflict (${keyNames.join(", ")}) do ${change}`,
  );
  return {
    fields,
    from,
    encode: (row) =>
      fields.map(({ field, convert }) => {
        const value = row[field] ?? null;
        return value === null || !convert
          ? (value as string | number | null)
          : convert.encode(value);
      }),
    decode(stored) {
      const row: Row = {};
      for (let i = 0; i < fields.length; i++) {
        const { field, convert } = fields[i]!;
        const value = stored[i]!;
        row[field] = value === null || !convert ? value : convert.decode(value);
      }
      return row;
    },
    put: (row) => void put.run(...row),
  };
}
