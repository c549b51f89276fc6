import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Nonces of signed requests, kept for as long as such a request would still be young enough. */
export const requestNonces = sqliteTable(
  "request_nonces",
  {
    nonce: text().primaryKey(),
    /** Unix ms after which the row can go. */
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("request_nonces_expiry").on(t.expiresAt)],
);
