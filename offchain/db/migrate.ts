import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import { join } from "node:path";

/** Applies the checked-in migrations that a database has not seen yet, in one transaction. */
export function migrateDatabase(db: BetterSQLite3Database): void {
  migrate(db, { migrationsFolder: join(__dirname, "migrations") });
}
