import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Db } from "./client";
import { rowWriter, type StoredRow } from "./row-writer";

/**
 * Reads a workflow's rows of a table one by one, in the order of the key: a wide one has hundreds of thousands, and the query builder
 * would make each of them anew several times, and hold them all. Nothing may be written meanwhile.
 * @param key fields of the table's primary key, the workflow first
 */
export function* rowsOf<T extends SQLiteTable>(
  db: Db,
  table: T,
  key: readonly string[],
  workflow: number,
): Generator<T["$inferSelect"]> {
  const { fields, from, decode } = rowWriter(db, table, key);
  const columns = fields.map(({ name }) => name).join(", ");
  const order = key.map((field) => fields.find((one) => one.field === field)!.name);
  const rows = db.$client
    .prepare<[number], StoredRow>(
      `select ${columns} from ${from} where ${order[0]} = ? order by ${order.join(", ")}`,
    )
    .raw();
  for (const stored of rows.iterate(workflow)) yield decode(stored);
}
