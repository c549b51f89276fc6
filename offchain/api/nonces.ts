import { lt, sql } from "drizzle-orm";
import { LIMITS } from "../../protocol/limits";
import type { WrittenAlong } from "../coordinator/facade";
import type { Db } from "../db/client";
import { rowWriter, type RowWriter } from "../db/row-writer";
import { requestNonces } from "../db/schema/http";

/**
 * Nonces of signed requests that were seen, each for as long as such a request would be young enough.
 *
 * They are kept in memory and written with the next flush of the coordinator, in its transaction: a transaction for each request would
 * wait for the disk each time. A crash forgets a nonce only together with everything that its request had changed, so that a copy of the
 * request does no more than the request, had it come late.
 */
export class RequestNonces implements WrittenAlong {
  /** When each can go, Unix ms; in the order in which they came. */
  private readonly seen: Map<string, number>;
  private unwritten: { nonce: string; expiresAt: number }[] = [];
  private now = 0;

  private readonly rows: RowWriter;
  private readonly forget;

  /** @param db whose nonces are still known */
  constructor(db: Db) {
    this.rows = rowWriter(db, requestNonces, ["nonce"]);
    this.forget = db
      .delete(requestNonces)
      .where(lt(requestNonces.expiresAt, sql.placeholder("now")))
      .prepare();
    const rows = db.select().from(requestNonces).orderBy(requestNonces.expiresAt).all();
    this.seen = new Map(rows.map(({ nonce, expiresAt }) => [nonce, expiresAt]));
  }

  /** @param now Unix milliseconds @returns whether it was not seen before; from now on it was */
  take(nonce: string, now: number): boolean {
    this.now = now;
    for (const [old, expiresAt] of this.seen) {
      if (expiresAt >= now) break;
      this.seen.delete(old);
    }
    while (this.unwritten[0] && this.unwritten[0].expiresAt < now) this.unwritten.shift();
    if (this.seen.has(nonce)) return false;
    // A request counts as young from one age before its own time to one age after it, so that its nonce matters for two ages.
    const expiresAt = now + 2 * LIMITS.maxRequestAgeMs;
    this.seen.set(nonce, expiresAt);
    this.unwritten.push({ nonce, expiresAt });
    return true;
  }

  write(): void {
    this.forget.run({ now: this.now });
    for (const row of this.unwritten) this.rows.put(this.rows.encode(row));
  }

  written(): void {
    this.unwritten = [];
  }
}
