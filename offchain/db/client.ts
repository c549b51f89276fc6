import Database from "better-sqlite3";
import { drizzle, type BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { migrateDatabase } from "./migrate";

export type Db = BetterSQLite3Database & { $client: Database.Database };
/** What a `db.transaction` callback gets. */
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

/**
 * Opens the coordinator's database and brings it to the newest schema.
 * @param file path of the SQLite file, created with its folder when missing; `:memory:` for a test
 * @returns the client; `close(db)` when done
 */
export function openDatabase(file: string): Db {
  if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true });
  const sqlite = new Database(file);
  sqlite.pragma("journal_mode = WAL");
  // What the coordinator signs is in the database before it leaves: a commit must outlive a power cut too.
  sqlite.pragma("synchronous = FULL");
  sqlite.pragma("foreign_keys = ON");
  sqlite.pragma("busy_timeout = 5000");
  // Rows of a task change several times within seconds: the longer the log, the more seldom their pages are copied out of it.
  sqlite.pragma("wal_autocheckpoint = 8000");
  sqlite.pragma("cache_size = -16000");
  const db = drizzle(sqlite);
  migrateDatabase(db);
  return db;
}

export function closeDatabase(db: Db): void {
  db.$client.close();
}
