import { eq, lte, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { Digest } from "../../protocol/digest";
import type { Origin } from "../../protocol/http";
import { workMemory } from "../db/schema/work";

/** Most results that are remembered: about 150 MB of the database. */
const MAX_REMEMBERED = 500_000;

/** A result and whose it is. */
export interface Remembered extends Origin {
  result: Digest;
}

/** Results by the digest of the work (see `workDigest`). What was used last is kept longest. */
export class Memory {
  private readonly changed = new Map<Digest, Remembered>();
  private readonly statements;

  /** @param limit most results that are kept */
  constructor(
    private readonly db: BetterSQLite3Database,
    private readonly limit = MAX_REMEMBERED,
  ) {
    const { work, place } = workMemory;
    const fields = ["work", "result", "workflow", "task", "attempt"] as const;
    const values = Object.fromEntries(fields.map((name) => [name, sql.placeholder(name)]));
    this.statements = {
      find: db
        .select()
        .from(workMemory)
        .where(eq(work, sql.placeholder("work")))
        .prepare(),
      forget: db
        .delete(workMemory)
        .where(eq(work, sql.placeholder("work")))
        .prepare(),
      // Each gets a new place, so that the newest `limit` places hold at most as many.
      add: db
        .insert(workMemory)
        .values(values as never)
        .returning({ place })
        .prepare(),
      giveUp: db
        .delete(workMemory)
        .where(lte(place, sql.placeholder("last")))
        .prepare(),
    };
  }

  /** Whether something was remembered that is not written yet. */
  get isDirty(): boolean {
    return this.changed.size > 0;
  }

  /** A result was found valid, or was taken again: whatever was known of the work gives way to it. */
  remember(work: Digest, { result, workflow, task, attempt }: Remembered): void {
    this.changed.set(work, { result, workflow, task, attempt });
  }

  recall(work: Digest): Remembered | undefined {
    return this.changed.get(work) ?? this.statements.find.get({ work });
  }

  /** Writes what changed, within the caller's transaction. */
  write(): void {
    let newest = 0;
    for (const [work, remembered] of this.changed) {
      this.statements.forget.run({ work });
      newest = this.statements.add.get({ work, ...remembered }).place;
    }
    this.statements.giveUp.run({ last: newest - this.limit });
  }

  /** What was written is committed. */
  written(): void {
    this.changed.clear();
  }
}
