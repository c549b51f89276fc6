import { asc, eq, gt, max } from "drizzle-orm";
import type { Address, Hex } from "viem";
import type { Db } from "../db/client";
import { transactions } from "../db/schema/transactions";

export type JournalRow = typeof transactions.$inferSelect;
export type SignedForm = JournalRow["signed"][number];

/** The rows behind the sender: what was signed, before it is sent. */
export class TransactionJournal {
  constructor(private readonly db: Db) {}

  find(purpose: string): JournalRow | undefined {
    return this.db.select().from(transactions).where(eq(transactions.purpose, purpose)).get();
  }

  /** Transactions that may still be on their way, by nonce. */
  underWay(): JournalRow[] {
    return this.db
      .select()
      .from(transactions)
      .where(eq(transactions.state, "sent"))
      .orderBy(asc(transactions.nonce))
      .all();
  }

  /** @returns the highest nonce of those that may still be on their way */
  highestNonceUnderWay(): number | undefined {
    const row = this.db
      .select({ nonce: max(transactions.nonce) })
      .from(transactions)
      .where(eq(transactions.state, "sent"))
      .get();
    return row?.nonce ?? undefined;
  }

  add(row: {
    purpose: string;
    to: Address;
    data: Hex;
    value: bigint;
    nonce: number;
    signed: SignedForm;
    sentAt: number;
  }): JournalRow {
    return this.db
      .insert(transactions)
      .values({ ...row, value: row.value.toString(), signed: [row.signed], state: "sent" })
      .returning()
      .get();
  }

  update(id: number, fields: Partial<JournalRow>): void {
    this.db.update(transactions).set(fields).where(eq(transactions.id, id)).run();
  }

  /**
   * What was included above a block is on its way again.
   * @param isLeft whether one, by its purpose, has come to nothing instead
   */
  reopenAbove(block: number, isLeft: (purpose: string) => boolean): void {
    const taken = this.db.select().from(transactions).where(gt(transactions.block, block)).all();
    for (const { id, purpose } of taken) {
      const state = isLeft(purpose) ? "replaced" : "sent";
      this.update(id, { state, block: null, hash: null });
    }
  }
}
