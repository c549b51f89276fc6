import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Address, Hex } from "viem";
import type { Digest } from "../../../protocol/digest";
import type { EvidenceKind } from "../../../protocol/reputation";
import { json } from "./columns";

// Part of the chain's tables: what reputations rest on. Addresses and hashes are lower-case, times Unix seconds.

/** How tasks of operators ended, by day and program, for their reputations: see protocol/reputation.ts. */
export const chainEvidence = sqliteTable(
  "chain_evidence",
  {
    operator: text().$type<Address>().notNull(),
    /** Empty: the spec was not known when the tasks ended. */
    program: text().$type<Digest | "">().notNull(),
    kind: text().$type<EvidenceKind>().notNull(),
    /** When it began. */
    day: integer().notNull(),
    tasks: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.operator, t.program, t.kind, t.day] })],
);

/** What the steps of specs run, of specs that were read. That follows from their digests alone: no reorganisation changes it. */
export const chainPrograms = sqliteTable("chain_programs", {
  specHash: text("spec_hash").$type<Hex>().primaryKey(),
  /** By step. */
  programs: json<Digest[]>()("programs_json").notNull(),
});
