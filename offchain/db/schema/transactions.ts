import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Address, Hex } from "viem";
import { json } from "./columns";

/** Journal of the coordinator's own transactions: a row is written before anything is sent. */
export const transactions = sqliteTable(
  "transactions",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** What it is for; the same purpose is never sent twice. */
    purpose: text().notNull().unique(),
    to: text().$type<Address>().notNull(),
    data: text().$type<Hex>().notNull(),
    /** Wei, decimal. */
    value: text().notNull(),
    nonce: integer().notNull(),
    /** Every signed form of it, oldest first: same nonce, rising fee. */
    signed:
      json<{ hash: Hex; raw: Hex; gas: string; maxFeePerGas: string }[]>()("signed_json").notNull(),
    /** sent: perhaps on its way. mined: succeeded. reverted: included, without effect. replaced: its nonce was used by another. */
    state: text().$type<"sent" | "mined" | "reverted" | "replaced">().notNull(),
    hash: text().$type<Hex>(),
    block: integer(),
    /** Unix ms of the newest broadcast. */
    sentAt: integer("sent_at").notNull(),
  },
  (t) => [index("transactions_state").on(t.state, t.nonce)],
);
