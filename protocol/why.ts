import { z } from "zod";
import { digestSchema } from "./digest";
import { addressSchema as address } from "./hex";
import { TASK_STATES } from "./http";

// Answers of GET /v1/workflows/:id/why and /v1/workflows/:id/tasks/:task/why. Codes are stable; sentences are for people.

const amount = z.string().regex(/^\d{1,20}$/, "must be a whole number as a string");
/** Unix time, milliseconds. */
const time = z.number();

/** Why a task is not running. */
export const WHY_CODES = [
  "done",
  "failed", // no attempt is left
  "workflow_ended",
  "deadline_passed", // of the workflow: nothing of it can be claimed any more
  "spec_missing", // the coordinator does not have the spec yet
  "not_unfolded", // whether the task is needed depends on results that are not there
  "not_needed", // its step turned out to have fewer tasks
  "left_out", // what it would have been for is not made any more
  "inputs_missing",
  "paused", // by the requester
  "back_off", // waits to be tried again
  "earlier_assignment", // one that has ended can still be claimed
  "earlier_claim", // a claim of an earlier attempt stands
  "earlier_commitment",
  "in_dispute",
  "reusing", // it need not be run: another workflow has its result
  "assigned", // somebody has it: see attempt.state
  "no_operator", // nobody could take it, also when all work has ended
  "operators_busy", // who could take it has no room now
  "operator_free", // it is given out as soon as its turn has come
] as const;
export type WhyCode = (typeof WHY_CODES)[number];

/** Why an operator can't take a task: what the matchmaker's filter says of it. */
export const REJECTIONS = [
  "offline",
  "draining",
  "program",
  "offer",
  "stake",
  "price",
  "failed_before",
  "concurrency",
  "machine",
  "in_use",
  "held",
  "no_standby",
  "apart",
  "too_slow",
  "dear",
  "slower",
] as const;

/** A task that another one waits for; without a number: its step is not unfolded. */
export const missingTaskSchema = z.object({
  task: z.int().nullable(),
  step: z.string(),
  index: z.int().nullable(),
  state: z.enum([...TASK_STATES, "not_unfolded"]),
});
export type MissingTask = z.infer<typeof missingTaskSchema>;

/** What an operator has too little of. Stake in units; of a program, `needed` is its digest; of a price, what it asks, and what is offered. */
export const lackSchema = z.object({
  what: z.enum(["cores", "memoryMb", "gpus", "vramMb", "stake", "price", "program", "slots"]),
  needed: z.union([z.number(), z.string()]),
  found: z.union([z.number(), z.string()]).nullable(),
});

export const rejectedOperatorSchema = z.object({
  operator: address,
  name: z.string(),
  /** Units that it asks for the task; never more than the step's ceiling. */
  asked: amount,
  lacks: lackSchema.array(),
  /** Of one that is offline: when it was last seen; 0: never since the coordinator knows it. */
  lastSeen: time.nullable(),
  /** Of one that is busy: when it should have room; of one that is slower: when the faster one should. */
  expectedRoom: time.nullable(),
});
export type RejectedOperator = z.infer<typeof rejectedOperatorSchema>;

/** All operators that one predicate rules out, the first few by name. */
export const rejectionSchema = z.object({
  code: z.enum(REJECTIONS),
  message: z.string(),
  count: z.int(),
  operators: rejectedOperatorSchema.array(),
});

/** An operator that holds the program and has a canary, or is expected to fail with answers to canaries against it. */
export const canaryWhySchema = z.object({
  operator: address,
  name: z.string(),
  /** Of the canary that it has; null: none. It gives it back when it gets a task. */
  state: z.enum(["offered", "taken", "judging"]).nullable(),
  /** Whether more than half of its attempts at the program are expected to fail: a newcomer is not tried then. */
  isDoubted: z.boolean(),
  /** What became of those that it took. */
  right: z.int(),
  wrong: z.int(),
  failed: z.int(),
});

export const operatorsSchema = z.object({
  registered: z.int(),
  /** Who could take it now. */
  able: z.int(),
  program: digestSchema,
  /** Units: most that the task is paid, and its bond. */
  ceiling: amount,
  bond: amount,
  rejections: rejectionSchema.array(),
  /** Operators of which canaries say something, if there are any: how many, and the first few. */
  canaries: z
    .object({ count: z.int(), message: z.string(), operators: canaryWhySchema.array() })
    .optional(),
});
export type OperatorsWhy = z.infer<typeof operatorsSchema>;

export const attemptWhySchema = z.object({
  number: z.int(),
  operator: address,
  name: z.string().nullable(),
  state: z.enum(["offered", "running", "computed", "reported", "validating"]),
  assignedAt: time,
  startedAt: time.nullable(),
  progress: z.number(),
  note: z.string().nullable(),
  /** Whether the chain shows its claim. */
  claimed: z.boolean(),
  /** Until when it must be claimed; once it is, delivered. */
  due: time.nullable(),
});

export const taskWhySchema = z.object({
  workflow: z.int(),
  task: z.int(),
  step: z.string().nullable(),
  /** In its step. */
  index: z.int().nullable(),
  state: z.enum(TASK_STATES).nullable(),
  code: z.enum(WHY_CODES),
  message: z.string(),
  /** When it is looked at again at the latest, where that is known. */
  until: time.nullable(),
  missing: z.object({ count: z.int(), tasks: missingTaskSchema.array() }).optional(),
  attempt: attemptWhySchema.optional(),
  /** The copy of a straggling attempt. */
  standby: attemptWhySchema.optional(),
  operators: operatorsSchema.optional(),
});
export type TaskWhy = z.infer<typeof taskWhySchema>;

/** Tasks of one step that are held up by the same. */
export const whyGroupSchema = z.object({
  code: z.enum(WHY_CODES),
  step: z.string(),
  count: z.int(),
  /** The first few. */
  tasks: z.int().array(),
  /** Of the first one. */
  example: taskWhySchema,
});

export const workflowWhySchema = z.object({
  workflow: z.int(),
  state: z.string(),
  code: z.enum([
    "workflow_ended",
    "deadline_passed",
    "spec_missing",
    "paused",
    "all_done", // only the end on-chain is missing
    "held_up", // see groups
  ]),
  message: z.string(),
  /** Tasks that only wait for those of the groups. */
  waiting: z.int(),
  /** Steps whose tasks are not known yet. */
  notUnfolded: z.string().array(),
  groups: whyGroupSchema.array(),
  /** Groups that are left out. */
  more: z.int(),
});
export type WorkflowWhy = z.infer<typeof workflowWhySchema>;

/** How many operators are listed for each predicate. */
export const whyQuerySchema = z.object({
  operators: z.coerce.number().int().min(0).max(100).default(5),
});
