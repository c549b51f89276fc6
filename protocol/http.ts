import { z } from "zod";
import { canaryOfferSchema } from "./canary";
import { traceparentSchema } from "./trace-context";
import { digestSchema } from "./digest";
import { addressSchema as address, bytes32Schema as bytes32, bytesSchema as hex } from "./hex";
import { LIMITS } from "./limits";
import { askSchema } from "./price";
import type { Reputation } from "./reputation";
import { resourcesSchema } from "./spec";
import { usageSchema } from "./usage";

// Bodies of the HTTP API, shared by coordinator, operator and SDK. Amounts that may pass 2^53 travel as decimal strings.

const amount = z.string().regex(/^\d{1,20}$/, "must be a whole number as a string");
const taskRef = z.object({
  workflow: z.int().min(0),
  task: z.int().min(0),
  attempt: z.int().min(1).max(65_535),
});

/** What is wrong, as in every error answer (see ErrorBody). */
export const errorBodySchema = z.object({
  code: z.string(),
  message: z.string(),
  field: z.string().optional(),
  limit: z.union([z.string(), z.number()]).optional(),
  value: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
  hint: z.string().optional(),
  retryable: z.boolean(),
});

/** POST /v1/operators: an operator says who it is and what it can run. Signed by the operator's key. */
export const registerSchema = z
  .strictObject({
    name: z.string().min(1).max(64),
    /** Operators on one machine share its id, and with it one reservation of its cores and memory. */
    machine: z.strictObject({
      id: z.string().min(1).max(128),
      cores: z.int().min(1).max(4096),
      memoryMb: z.int().min(1),
      gpus: z.array(z.strictObject({ vramMb: z.int().min(0) })).max(64),
    }),
    /** What this operator offers of the machine. */
    offer: resourcesSchema,
    /** Which of the machine's GPUs those are, by their place in its list; without it, the first ones. */
    devices: z.array(z.int().min(0).max(63)).max(64).optional(),
    programs: z.array(digestSchema).max(1024),
    /** Tasks that it works on at the same time. */
    concurrency: z.int().min(1).max(1024),
    /** Asked price per task: by the time that it takes, or as a share of the step's ceiling, basis points. */
    ask: askSchema.optional(),
    priceBps: z.int().min(1).max(10_000).optional(),
    /** Relative speed, 1 = reference machine; believed only until measured. */
    speed: z.number().min(0.01).max(1000),
    /** Whether it takes standby copies, which are unpaid if they lose. Absent: it does. */
    standby: z.boolean().optional(),
    /** Whether it takes canaries, which nobody pays for. Absent: it does. */
    canaries: z.boolean().optional(),
  })
  .refine(({ ask, priceBps }) => (ask === undefined) !== (priceBps === undefined), {
    path: ["ask"],
    message: "one of ask and priceBps",
  })
  .superRefine(({ devices, offer, machine }, context) => {
    const complain = (message: string) =>
      context.addIssue({ code: "custom", path: ["devices"], message });
    if (devices === undefined) return;
    if (new Set(devices).size !== devices.length) complain("each GPU once");
    if (devices.length !== offer.gpus) complain("must be as many as offer.gpus");
    if (devices.some((gpu) => gpu >= machine.gpus.length)) complain("the machine has no such GPU");
  });
export type Register = z.infer<typeof registerSchema>;

export const progressReportSchema = taskRef.extend({
  progress: z.number().min(0).max(1),
  note: z.string().max(200).optional(),
});

/** POST /v1/operators/sync: heartbeat and long poll in one. Signed. Answers with what is new for this operator. */
export const syncRequestSchema = z.strictObject({
  /** Every attempt that the operator holds, computing or not. What it does not name, it does not hold. */
  running: z.array(progressReportSchema).max(1024),
  /** A draining operator gets no new work. */
  draining: z.boolean(),
  /** Assignments (by root) that this operator knows, so that a lost answer is sent again. */
  known: z.array(bytes32).max(1024),
  /** Of renewals that this operator has, the newest of each assignment. */
  renewed: z
    .array(z.strictObject({ root: bytes32, claimBy: z.int() }))
    .max(1024)
    .optional(),
  /** Verdicts seen; the coordinator forgets them. */
  seenVerdicts: z.array(taskRef).max(1024),
  /** The canary that it holds, if it does. */
  canary: z.uuid().optional(),
  /** How long the answer may be held back while there is nothing new, milliseconds. */
  waitMs: z.int().min(0).max(30_000),
});
export type SyncRequest = z.infer<typeof syncRequestSchema>;

export const stepTermsSchema = z.object({
  firstTask: z.int(),
  maxTasks: z.int(),
  ceiling: amount,
  bond: amount,
  claimTime: z.int(),
  window: z.int(),
  rule: z.int(),
  isFinal: z.boolean(),
  judge: z.object({
    verifier: address,
    verifierGas: z.int(),
    maxReveal: z.int(),
    checkProgram: bytes32,
    jurorFee: amount,
    openRoot: bytes32,
  }),
});

/** One task of an assignment: what to run, and its line under the signed root. */
export const assignedTaskSchema = z.object({
  task: z.int().min(0),
  attempt: z.int().min(1),
  /** By the name of the port: the artifact, and whose result it is of, unless it is the requester's. */
  inputs: z.record(
    z.string(),
    z.object({
      digest: digestSchema,
      source: z.object({ task: z.int().min(0), attempt: z.int().min(1) }).optional(),
    }),
  ),
  statementDigest: bytes32,
  decisionDigest: bytes32,
  /** Trace that the operator's spans belong to, if the coordinator traces; nobody signs it. */
  traceparent: traceparentSchema.optional(),
});

export const signedAssignmentSchema = z.object({
  workflow: z.int(),
  step: z.int(),
  stepId: z.string(),
  operator: address,
  attempt: z.int(),
  word: z.int(),
  /** 192-bit mask as 0x hex. */
  mask: hex,
  price: amount,
  claimBy: z.int(),
  root: bytes32,
  signature: hex,
  terms: stepTermsSchema,
  termsPath: z.array(bytes32),
  program: digestSchema,
  params: z.record(z.string(), z.string()),
  outputs: z.record(z.string(), z.enum(["file", "collection"])),
  /** Which input is the statement, if any. */
  statement: z.string().optional(),
  resources: resourcesSchema,
  limits: z.object({
    startSeconds: z.number(),
    runSeconds: z.number(),
    silenceSeconds: z.number(),
  }),
  tasks: z.array(assignedTaskSchema).min(1).max(LIMITS.maxBatch),
  /** Expired claims whose tasks this assignment takes over. */
  takeOvers: z.array(
    z.object({
      holder: address,
      slot: z.int(),
      money: z.string(),
      scope: z.string(),
      root: bytes32,
      judgeHash: bytes32,
    }),
  ),
  /**
   * A standby copy: another operator holds the claim of an earlier attempt. It can be claimed once that was released, has expired or was
   * struck, and not at all if that is delivered. Nobody signs this: the chain says when the task is free.
   */
  standby: z.literal(true).optional(),
  /** It was signed anew, with a later `claimBy`, for those of its tasks whose claim a reorganisation took back. */
  renewed: z.literal(true).optional(),
});
export type SignedAssignment = z.infer<typeof signedAssignmentSchema>;

/** What takes the place of the same fields in an assignment: a reorganisation took its claim back, and it can be made again. */
export const renewalSchema = z.object({
  workflow: z.int(),
  root: bytes32,
  mask: z.string().regex(/^0x[0-9a-f]{48}$/i, "must be a 192-bit mask as 0x hex"),
  claimBy: z.int(),
  signature: hex,
});
export type Renewal = z.infer<typeof renewalSchema>;

export const verdictReportSchema = taskRef.extend({
  /** valid: commit it. invalid: concede it (rule accepted) or drop it. cancelled: stop and drop it; release carries the coordinator's signature. */
  verdict: z.enum(["valid", "invalid", "cancelled"]),
  reason: z.string().max(1000).optional(),
  release: hex.optional(),
});

export const syncResponseSchema = z.object({
  assignments: z.array(signedAssignmentSchema),
  verdicts: z.array(verdictReportSchema),
  renewals: z.array(renewalSchema).optional(),
  /** A canary for it, until it names it or gives it back. */
  canary: canaryOfferSchema.optional(),
});
export type SyncResponse = z.infer<typeof syncResponseSchema>;

/** One result whose artifact is uploaded. */
export const resultReportSchema = z.strictObject({
  ...taskRef.shape,
  root: bytes32,
  result: digestSchema,
  usage: usageSchema,
});
export type ResultReport = z.infer<typeof resultReportSchema>;

/** POST /v1/results: the receipts bind the operator to the results' digests. Signed. */
export const resultsReportSchema = z.strictObject({
  results: z.array(resultReportSchema).min(1).max(LIMITS.maxBatch),
  /** Operator's EIP-712 Receipts: over the root of the commitments to the results, in their order. */
  receipts: hex,
});
export type ResultsReport = z.infer<typeof resultsReportSchema>;

/** What became of each result, in their order: null, or why it was not taken. */
export const resultsResponseSchema = z.object({ outcomes: z.array(errorBodySchema.nullable()) });
export type ResultsResponse = z.infer<typeof resultsResponseSchema>;

/** POST /v1/failures: an attempt ended without a result. Signed. */
export const failureReportSchema = z.strictObject({
  ...taskRef.shape,
  root: bytes32,
  code: z.string().max(64),
  message: z.string().max(1000),
  /** The inputs themselves are at fault: another operator would fail too. */
  inputRefused: z.boolean(),
});
export type FailureReport = z.infer<typeof failureReportSchema>;

/** POST /v1/acceptances: asks for the coordinator's signature over a batch of validated results (rule accepted). Signed. */
export const acceptanceRequestSchema = z.strictObject({
  workflow: z.int().min(0),
  step: z.int().min(0),
  attempt: z.int().min(1),
  word: z.int().min(0),
  mask: hex,
  root: bytes32,
  commitments: z.array(bytes32).min(1).max(LIMITS.maxBatch),
});
export const acceptanceResponseSchema = z.object({ signature: hex });

/** GET /v1/market: what a client needs to know before it can talk to the contract. */
export const marketInfoSchema = z.object({
  chainId: z.int(),
  market: address,
  coordinator: address,
  /** Wei of one unit. */
  unit: amount,
  fromBlock: z.int(),
  version: z.string(),
});
export type MarketInfo = z.infer<typeof marketInfoSchema>;

/** States of a task: what must still happen to it. */
export const TASK_STATES = [
  "waiting", // for its inputs
  "ready", // for an operator
  "assigned", // offered, not started yet
  "running",
  "validating", // its result is here
  "done", // validated; its dependents may start
  "failed", // no attempt left, or an input that can't be had
  "left_out", // what it goes over, or the step, was left out
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** Where a task's payment stands on-chain. */
export const PAY_STATES = [
  "none",
  "claimed",
  "committed",
  "disputed", // it has left its batch with pay and bond, and waits for the dispute's end
  "settled",
  "struck",
  "void", // unpaid: an input of its was struck
  "expired",
  "conceded",
  "released",
] as const;

/** A task whose result another one took: by workflow, task and the attempt that made it. */
export const originSchema = z.object({ workflow: z.int(), task: z.int(), attempt: z.int() });
export type Origin = z.infer<typeof originSchema>;

/** Pay states in which the chain has something against a result: nobody should build on it. */
export const FALLEN: readonly (typeof PAY_STATES)[number][] = [
  "struck",
  "void",
  "conceded",
  "disputed",
];

export const taskViewSchema = z.object({
  task: z.int(),
  step: z.string(),
  index: z.int(),
  state: z.enum(TASK_STATES),
  pay: z.enum(PAY_STATES),
  attempt: z.int(),
  operator: address.nullable(),
  progress: z.number(),
  note: z.string().nullable(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  expectedMs: z.number().nullable(),
  result: digestSchema.nullable(),
  /** Whose result it took, of one that was not run: see `memo` and `reuse` of a spec. */
  reused: originSchema.nullable(),
  reason: z.string().nullable(),
});
export type TaskView = z.infer<typeof taskViewSchema>;

export const attemptViewSchema = z.object({
  task: z.int(),
  attempt: z.int(),
  operator: address,
  outcome: z.string(),
  /** Whether it was started as a copy of the attempt before it. */
  standby: z.boolean(),
  reason: z.string().nullable(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
});

export const workflowViewSchema = z.object({
  workflow: z.int(),
  name: z.string(),
  requester: address,
  spec: digestSchema,
  /** refused: the coordinator will not run it (see reason). failed: a task failed, and its step's policy says that the workflow does then. */
  state: z.enum(["running", "completed", "failed", "cancelled", "refused"]),
  reason: z.string().nullable(),
  /** Rises with every change; GET ?after=N waits for the next. */
  version: z.int(),
  openedAt: z.number(),
  endedAt: z.number().nullable(),
  /** On-chain: no claim or unsettled commitment is left. */
  settled: z.boolean(),
  /** It runs, and the coordinator assigns nothing new, as its requester wants. */
  paused: z.boolean(),
  escrow: amount,
  spent: amount,
  refunded: amount,
  feePaid: amount,
  counts: z.record(z.string(), z.int()),
  attempts: z.int(),
  /** Tasks that were not run, as the results of others, mostly of another workflow, were taken. */
  reused: z.int(),
  outputs: z.record(z.string(), z.union([digestSchema, z.array(digestSchema)])),
  completionTx: bytes32.nullable(),
});
export type WorkflowView = z.infer<typeof workflowViewSchema>;

const millionths = z.int().min(0).max(1_000_000);
const reputationSchema = z.object({
  reputation: millionths,
  reputationByProgram: z.array(
    z.object({
      program: digestSchema.nullable(),
      reputation: millionths,
      completed: z.int(),
      late: z.int(),
      silent: z.int(),
      invalid: z.int(),
    }),
  ),
}) satisfies z.ZodType<Reputation>;

export const operatorAddressSchema = z.strictObject({ address });

export const operatorViewSchema = z.object({
  address,
  name: z.string(),
  machine: z.string(),
  offer: resourcesSchema,
  programs: z.array(digestSchema),
  online: z.boolean(),
  lastSeen: z.number(),
  running: z.int(),
  free: amount,
  locked: amount,
  owed: amount,
  done: z.int(),
  failed: z.int(),
  struck: z.int(),
  /** As of this block, from the market's events alone: see docs/reputation.md. */
  reputationBlock: z.int(),
  ...reputationSchema.shape,
  /** What became of the canaries that it took; see protocol/canary.ts. */
  canaries: z.object({ right: z.int(), wrong: z.int(), failed: z.int() }),
});
export type OperatorView = z.infer<typeof operatorViewSchema>;

export const specResponseSchema = z.object({
  digest: digestSchema,
  minimumEscrow: amount,
  tasks: z.int(),
});
