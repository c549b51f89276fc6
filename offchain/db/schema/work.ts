import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Address, Hex } from "viem";
import type { CanaryOffer } from "../../../protocol/canary";
import type { Digest } from "../../../protocol/digest";
import type { Register, ResultReport, SignedAssignment, TaskState } from "../../../protocol/http";
import type { DecisionRecord } from "../../matchmaker/decision";
import type { LeftOut } from "../../workflow/outlook";
import type { Reused } from "../../workflow/work";
import { json } from "./columns";

// What the coordinator decided and was told. Which task needs which is not stored: it follows from the spec and the results,
// the same way every time. Addresses are lower-case; times are Unix milliseconds.

export const workWorkflows = sqliteTable("work_workflows", {
  workflow: integer().primaryKey(),
  name: text().notNull(),
  state: text().$type<"running" | "completed" | "failed" | "cancelled" | "refused">().notNull(),
  reason: text(),
  version: integer().notNull(),
  endedAt: integer("ended_at"),
  attempts: integer().notNull(),
  settled: integer({ mode: "boolean" }).notNull(),
  /** By its requester: nothing new is assigned. */
  paused: integer({ mode: "boolean" }).notNull(),
});

export const workTasks = sqliteTable(
  "work_tasks",
  {
    workflow: integer().notNull(),
    task: integer().notNull(),
    state: text().$type<TaskState>().notNull(),
    /** Inputs that are not there yet; the change that completes a task lowers it for its dependents. */
    pending: integer().notNull(),
    /** Newest attempt, 0 before the first. */
    attempt: integer().notNull(),
    /** Attempts that count against the step's limit. */
    failures: integer().notNull(),
    /** Operators that refused its inputs. */
    refusals: json<Address[]>()("refusals_json").notNull(),
    /** Operators that failed it. */
    avoid: json<Address[]>()("avoid_json").notNull(),
    /** Not to be assigned before, for its back-off. */
    notBefore: integer("not_before").notNull(),
    /** How often nobody took it in time, for which more is offered. */
    rises: integer().notNull(),
    /** Until then (chain time, Unix seconds) an attempt that has ended may still be claimed. */
    claimableUntil: integer("claimable_until").notNull(),
    /** Of one that was left out. */
    leftOut: text("left_out").$type<LeftOut>(),
    result: text().$type<Digest>(),
    /** Artifact of each output, once it is done. */
    outputs: json<Record<string, Digest> | null>()("outputs_json"),
    /** Of one that was not run: whose result it took. */
    reused: json<Reused | null>()("reused_json"),
    reason: text(),
    endedAt: integer("ended_at"),
  },
  (t) => [primaryKey({ columns: [t.workflow, t.task] })],
);

/** Results of steps with `memo`, by the digest of the work; the oldest places are given up. */
export const workMemory = sqliteTable("work_memory", {
  place: integer().primaryKey({ autoIncrement: true }),
  work: text().$type<Digest>().notNull().unique(),
  result: text().$type<Digest>().notNull(),
  workflow: integer().notNull(),
  task: integer().notNull(),
  attempt: integer().notNull(),
});

/** offered: not started. running. computed: it no longer holds its machine. reported: result here, claim not yet. ended: see outcome. */
export type AttemptState = "offered" | "running" | "computed" | "reported" | "validating" | "ended";
/** beside: a copy that runs beside the task's attempt, or has ended so. promoted: it has taken that one's place. */
export type StandbyState = "beside" | "promoted";
export type VerdictKind = "valid" | "invalid" | "cancelled";

/** A result as its operator reported it. */
export interface TakenResult {
  result: Digest;
  usage: ResultReport["usage"];
  /** Root of the receipts that it is among; null for one that was found after a lost database. */
  receipts: Hex | null;
}

/** What operators signed for results that they reported together: evidence against them, should they sign others. */
export const workReceipts = sqliteTable("work_receipts", {
  root: text().$type<Hex>().primaryKey(),
  /** The leaves, from each of which a path leads to the root. */
  commitments: json<Hex[]>()("commitments_json").notNull(),
  signature: text().$type<Hex>().notNull(),
});
export type Receipts = typeof workReceipts.$inferInsert;

export const workAttempts = sqliteTable(
  "work_attempts",
  {
    workflow: integer().notNull(),
    task: integer().notNull(),
    attempt: integer().notNull(),
    operator: text().$type<Address>().notNull(),
    root: text().$type<Hex>().notNull(),
    state: text().$type<AttemptState>().notNull(),
    outcome: text(),
    reason: text(),
    /** Whether it holds a booking of its machine. */
    booked: integer({ mode: "boolean" }).notNull(),
    assignedAt: integer("assigned_at").notNull(),
    startedAt: integer("started_at"),
    computedAt: integer("computed_at"),
    endedAt: integer("ended_at"),
    /** Of a copy of the attempt before it. */
    standby: text().$type<StandbyState>(),
    report: json<TakenResult | null>()("report_json"),
    verdict: text().$type<VerdictKind>(),
    verdictReason: text("verdict_reason"),
    release: text().$type<Hex>(),
    verdictSeen: integer("verdict_seen", { mode: "boolean" }).notNull(),
    /** due: its result is wrong and must be struck once it is committed. */
    challenge: text().$type<"due" | "sent" | "done">(),
  },
  (t) => [primaryKey({ columns: [t.workflow, t.task, t.attempt] })],
);

export const workAssignments = sqliteTable(
  "work_assignments",
  {
    root: text().$type<Hex>().primaryKey(),
    workflow: integer().notNull(),
    operator: text().$type<Address>().notNull(),
    /** Without a signature: it was not given out yet. */
    body: json<SignedAssignment>()("body_json").notNull(),
    decision: text().$type<Digest>().notNull(),
    /** Whether one of its attempts has not ended. */
    live: integer({ mode: "boolean" }).notNull(),
  },
  (t) => [
    index("work_assignments_live").on(t.live),
    index("work_assignments_workflow").on(t.workflow),
  ],
);

export const workDecisions = sqliteTable(
  "work_decisions",
  {
    digest: text().$type<Digest>().primaryKey(),
    workflow: integer().notNull(),
    decidedAt: integer("decided_at").notNull(),
    record: json<DecisionRecord>()("record_json").notNull(),
  },
  (t) => [index("work_decisions_workflow").on(t.workflow, t.decidedAt)],
);

export const workOperators = sqliteTable("work_operators", {
  address: text().$type<Address>().primaryKey(),
  registration: json<Register>()("registration_json").notNull(),
  lastSeen: integer("last_seen").notNull(),
  lastAssignedAt: integer("last_assigned_at").notNull(),
  done: integer().notNull(),
  failed: integer().notNull(),
  struck: integer().notNull(),
});

/** What was learned about an operator at a program. */
export const workDurations = sqliteTable(
  "work_durations",
  {
    program: text().$type<Digest>().notNull(),
    operator: text().$type<Address>().notNull(),
    runs: integer().notNull(),
    meanMs: real("mean_ms").notNull(),
    /** Mean size class of the tasks, counted from the program's `origin`. */
    size: real().notNull(),
    failed: integer().notNull(),
    /** Of the runs, and of what failed: canaries. */
    canariesRight: integer("canaries_right").notNull(),
    canariesWrong: integer("canaries_wrong").notNull(),
  },
  (t) => [primaryKey({ columns: [t.program, t.operator] })],
);

/**
 * offered: not taken yet. taken. judging: its result is not the one that was known, and is looked at. right, wrong. late: taken, and not
 * answered in time. failed: it came to no result. void: nothing was learned, see reason.
 */
export type CanaryState =
  "offered" | "taken" | "judging" | "right" | "wrong" | "late" | "failed" | "void";

/** Finished tasks that newcomers were asked for again. */
export const workCanaries = sqliteTable("work_canaries", {
  canary: text().primaryKey(),
  operator: text().$type<Address>().notNull(),
  /** The task, and the result that is known of it. */
  workflow: integer().notNull(),
  task: integer().notNull(),
  known: text().$type<Digest>().notNull(),
  offer: json<CanaryOffer>()("offer_json").notNull(),
  state: text().$type<CanaryState>().notNull(),
  offeredAt: integer("offered_at").notNull(),
  takenAt: integer("taken_at"),
  endedAt: integer("ended_at"),
  /** As the operator answered. */
  result: text().$type<Digest>(),
  wallMs: real("wall_ms"),
  reason: text(),
});

/** What was learned of how a program's durations grow with the size of inputs. */
export const workGrowths = sqliteTable("work_growths", {
  program: text().$type<Digest>().primaryKey(),
  origin: integer().notNull(),
  slope: real().notNull(),
  seen: real().notNull(),
});
