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
  rule: number;
  isFinal: boolean;
  judge: {
    verifier: Address;
    verifierGas: number;
    maxReveal: number;
    checkProgram: Hex;
    jurorFee: string;
    openRoot: Hex;
  };
}

export type BatchState = "claimed" | "committed" | "credited" | "empty";
export type PayState = (typeof PAY_STATES)[number];
/** Where a dispute stands; votes are opened while it is `voting`, too. */
export type DisputePhase = "demanded" | "revealed" | "drawing" | "voting" | "closed";

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
    /** Price of live claims, of commitments, of what is in dispute and of what is settled. */
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
    /** How long a coordinator that was declared silent has to answer, seconds; 0: it can't be. */
    silenceDelay: integer("silence_delay").notNull(),
    /** When it was declared silent, until it answers; and whose bond waits for the answer. */
    silentAt: integer("silent_at"),
    silentBy: text("silent_by").$type<Address>(),
    /** Where the final step's proof was accepted, what it proves, and the proof's SHA-256. */
    completionTx: text("completion_tx").$type<Hex>(),
    statementDigest: text("statement_digest").$type<Hex>(),
    resultDigest: text("result_digest").$type<Hex>(),
  },
  (t) => [index("chain_workflows_coordinator").on(t.coordinator, t.status)],
);

/** The current content of each operator's slot. */
export const chainBatches = sqliteTable(
  "chain_batches",
  {
    operator: text().$type<Address>().notNull(),
    slot: integer().notNull(),
    workflow: integer().notNull(),
    step: integer().notNull(),
    attempt: integer().notNull(),
    word: integer().notNull(),
    /** Tasks of the claim; of a batch also those that have left it. */
    mask: word().notNull(),
    price: units().notNull(),
    bond: units().notNull(),
    deadline: integer().notNull(),
    rule: integer().notNull(),
    window: integer().notNull(),
    /** Claimed while the coordinator was silent. */
    open: integer({ mode: "boolean" }).notNull(),
    root: text().$type<Hex>().notNull(),
    judgeHash: text("judge_hash").$type<Hex>().notNull(),
    money: word().notNull(),
    scope: word().notNull(),
    state: text().$type<BatchState>().notNull(),
    maturesAt: integer("matures_at"),
    commitments: json<Hex[]>()("commitments_json").notNull(),
    /** Tasks that have left the batch with pay and bond: struck, or in dispute. */
    removed: json<number[]>()("removed_json").notNull(),
    /** Tasks that are unpaid, with their bonds still in the batch. */
    voided: json<number[]>()("voided_json").notNull(),
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
    slot: integer().notNull(),
    step: integer().notNull(),
    attempt: integer().notNull(),
    pay: text().$type<PayState>().notNull(),
    root: text().$type<Hex>().notNull(),
    deadline: integer().notNull(),
    commitment: text().$type<Hex>(),
    maturesAt: integer("matures_at"),
    block: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.workflow, t.task] })],
);

export const chainAccounts = sqliteTable("chain_accounts", {
  address: text().$type<Address>().primaryKey(),
  free: units().notNull(),
  locked: units().notNull(),
  owed: units().notNull(),
  unbonding: units().notNull(),
  unbondingAt: integer("unbonding_at"),
  /** Who may act for it as an operator. */
  delegate: text().$type<Address>(),
  /** Block in which it was last heard of as an operator. */
  heardBlock: integer("heard_block"),
});

/** Tasks that have left their batch, or claim, for a dispute. */
export const chainDisputes = sqliteTable(
  "chain_disputes",
  {
    /** Names workflow, task and attempt. */
    key: text().$type<Hex>().primaryKey(),
    workflow: integer().notNull(),
    task: integer().notNull(),
    attempt: integer().notNull(),
    operator: text().$type<Address>().notNull(),
    /** Where the task came from. */
    slot: integer().notNull(),
    price: units().notNull(),
    bond: units().notNull(),
    window: integer().notNull(),
    /** Unpaid before: only the bond is at stake. */
    isVoid: integer("is_void", { mode: "boolean" }).notNull(),
    phase: text().$type<DisputePhase>().notNull(),
    /** From then on anyone can close it; unknown while a draw is pending. */
    closesAt: integer("closes_at"),
    /** Block whose hash draws the jury. */
    drawBlock: integer("draw_block"),
    /** Who demanded, or called the jury, and what it has locked for that. */
    caller: text().$type<Address>(),
    callerBond: units("caller_bond").notNull(),
    jurors: json<Address[]>()("jurors_json").notNull(),
    /** Opened verdicts by juror. */
    votes: json<Record<Address, number>>()("votes_json").notNull(),
    /** What the jury found, and what it was paid for it; null before. */
    verdict: integer(),
    fees: units().notNull(),
    block: integer().notNull(),
  },
  (t) => [index("chain_disputes_workflow").on(t.workflow, t.phase)],
);

/** Every event of the market as it came. */
export const chainEvents = sqliteTable(
  "chain_events",
  {
    block: integer().notNull(),
    logIndex: integer("log_index").notNull(),
    tx: text().$type<Hex>().notNull(),
    name: text().notNull(),
    args: json<Record<string, unknown>>()("args_json").notNull(),
    timestamp: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.block, t.logIndex] })],
);

/** Which workflows an event is about: one transaction may settle, commit and claim tasks of several. */
export const chainEventWorkflows = sqliteTable(
  "chain_event_workflows",
  {
    workflow: integer().notNull(),
    block: integer().notNull(),
    logIndex: integer("log_index").notNull(),
  },
  (t) => [primaryKey({ columns: [t.workflow, t.block, t.logIndex] })],
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
  /** When the database was made, Unix ms: what its coordinator did before, it does not know. */
  madeAt: integer("made_at").notNull(),
});
