import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Address, Hex } from "viem";
import type { PAY_STATES } from "../../../protocol/http";
import { json, units, word } from "./columns";

// What the chain says, as rows. Only the ledger writes these tables, and every change of theirs can be undone until the block
// is final. Addresses and hashes are lower-case. Times are Unix seconds, amounts market units.

/** Terms of a step as the event gives them; amounts as decimal strings. */
export interface StepTermsJson {
  firstTask: number;
  maxTasks: number;
  ceiling: string;
  bond: string;
  claimTime: number;
  window: number;
  maxReveal: number;
  verifierGas: number;
  verifier: Address;
  rule: number;
  isFinal: boolean;
}

export type BatchState = "claimed" | "committed" | "credited" | "empty";
export type PayState = (typeof PAY_STATES)[number];

export const chainWorkflows = sqliteTable(
  "chain_workflows",
  {
    workflow: integer().primaryKey(),
    requester: text().$type<Address>().notNull(),
    coordinator: text().$type<Address>().notNull(),
    specHash: text("spec_hash").$type<Hex>().notNull(),
    key: text().$type<Hex>().notNull(),
    feeBps: integer("fee_bps").notNull(),
    deadline: integer().notNull(),
    escrow: units().notNull(),
    /** Price of live claims, of commitments and of what is settled. */
    spent: units().notNull(),
    refunded: units().notNull(),
    feePaid: units("fee_paid").notNull(),
    /** See WORKFLOW_STATUS. */
    status: integer().notNull(),
    steps: json<StepTermsJson[]>()("steps_json").notNull(),
    openedBlock: integer("opened_block").notNull(),
    openedAt: integer("opened_at").notNull(),
    /** Completed or cancelled at. */
    endedAt: integer("ended_at"),
    /** Where the final step's proof was accepted, and what it proves. */
    completionTx: text("completion_tx").$type<Hex>(),
    statementDigest: text("statement_digest").$type<Hex>(),
  },
  (t) => [index("chain_workflows_coordinator").on(t.coordinator, t.status)],
);

/** The current content of each operator's slot. */
export const chainBatches = sqliteTable(
  "chain_batches",
  {
    operator: text().$type<Address>().notNull(),
    slot: text().notNull(),
    workflow: integer().notNull(),
    step: integer().notNull(),
    attempt: integer().notNull(),
    word: integer().notNull(),
    /** Tasks still in the batch, also those that were struck. */
    mask: word().notNull(),
    price: units().notNull(),
    bond: units().notNull(),
    deadline: integer().notNull(),
    rule: integer().notNull(),
    window: integer().notNull(),
    root: text().$type<Hex>().notNull(),
    head: word().notNull(),
    tail: word().notNull(),
    state: text().$type<BatchState>().notNull(),
    maturesAt: integer("matures_at"),
    commitments: json<Hex[]>()("commitments_json").notNull(),
    /** Tasks struck out of it. */
    struck: json<number[]>()("struck_json").notNull(),
    block: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.operator, t.slot] }),
    index("chain_batches_workflow").on(t.workflow, t.state),
  ],
);

/** The newest claim of each task. */
export const chainTasks = sqliteTable(
  "chain_tasks",
  {
    workflow: integer().notNull(),
    task: integer().notNull(),
    operator: text().$type<Address>().notNull(),
    slot: text().notNull(),
    step: integer().notNull(),
    attempt: integer().notNull(),
    pay: text().$type<PayState>().notNull(),
    root: text().$type<Hex>().notNull(),
    deadline: integer().notNull(),
    commitment: text().$type<Hex>(),
    maturesAt: integer("matures_at"),
    block: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workflow, t.task] }),
    index("chain_tasks_pay").on(t.workflow, t.pay),
  ],
);

export const chainAccounts = sqliteTable("chain_accounts", {
  address: text().$type<Address>().primaryKey(),
  free: units().notNull(),
  locked: units().notNull(),
  owed: units().notNull(),
  unbonding: units().notNull(),
  unbondingAt: integer("unbonding_at"),
});

/** Every event of the market as it came. */
export const chainEvents = sqliteTable(
  "chain_events",
  {
    block: integer().notNull(),
    logIndex: integer("log_index").notNull(),
    tx: text().$type<Hex>().notNull(),
    name: text().notNull(),
    args: json<Record<string, unknown>>()("args_json").notNull(),
    workflow: integer(),
    timestamp: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.block, t.logIndex] }),
    index("chain_events_workflow").on(t.workflow),
  ],
);

/** Blocks that a reorganisation may still take back, and the newest final one; the highest is the checkpoint. */
export const chainBlocks = sqliteTable("chain_blocks", {
  number: integer().primaryKey(),
  hash: text().$type<Hex>().notNull(),
  parentHash: text("parent_hash").$type<Hex>().notNull(),
  timestamp: integer().notNull(),
});

/** What each changed row held before a block: null, if it did not exist. */
export const chainUndo = sqliteTable(
  "chain_undo",
  {
    block: integer().notNull(),
    tableName: text("table_name").notNull(),
    key: text().notNull(),
    former: json<Record<string, unknown> | null>()("former_json"),
  },
  (t) => [primaryKey({ columns: [t.block, t.tableName, t.key] })],
);

/** Which chain and contract this database belongs to. */
export const chainIdentity = sqliteTable("chain_identity", {
  id: integer().primaryKey(),
  chainId: integer("chain_id").notNull(),
  market: text().$type<Address>().notNull(),
  fromBlock: integer("from_block").notNull(),
});
