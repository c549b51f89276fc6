import type { ProgramEvidence } from "../../protocol/reputation";
import type { Address, Hex, LocalAccount } from "viem";
import type { z } from "zod";
import type { DecisionView as ServedDecision } from "../../protocol/decision-view";
import type { CanaryAnswer } from "../../protocol/canary";
import type { Digest } from "../../protocol/digest";
import type {
  acceptanceRequestSchema,
  attemptViewSchema,
  FailureReport,
  OperatorView,
  Register,
  ResultsReport,
  ResultsResponse,
  SyncRequest,
  SyncResponse,
  TaskView,
  WorkflowView,
} from "../../protocol/http";
import type { Verdict } from "../../protocol/program";
import type { Spec } from "../../protocol/spec";
import type { TaskWhy, WorkflowWhy } from "../../protocol/why";
import type { StepTerms } from "../../protocol/terms";
import type { Ticket } from "../../protocol/ticket";
import type { Db } from "../db/client";
import type { AttemptTraces } from "./traces";
import type { DisputePhase } from "../db/schema/chain";
import type { CanaryState } from "../db/schema/work";
import type { Retention } from "../artifacts/retention";
import type { Clock } from "../runtime/clock";
import type { DecisionRecord } from "../matchmaker/decision";
import type { MarketSnapshot } from "../simulate/estimate/market";

// What the API and the indexer call (the facade), and what the coordinator needs of the rest (the ports).

export type AcceptanceRequest = z.infer<typeof acceptanceRequestSchema>;
export type AttemptView = z.infer<typeof attemptViewSchema>;

/** A decision as the API serves it. */
export interface DecisionView extends ServedDecision {
  record: DecisionRecord & Record<string, unknown>;
}

/** What one block (or the undoing of some) changed in the chain tables. */
export interface ChainChange {
  /** Workflows whose row, tasks or disputes changed. */
  workflows: Iterable<number>;
  /** Tasks whose claim or pay state changed. */
  tasks: Iterable<{ workflow: number; task: number }>;
  /** Accounts whose free, locked or owed units changed. */
  accounts: Iterable<string>;
  /** Newest block that the chain tables stand for. */
  block: number;
  /** Its timestamp, Unix seconds. */
  timestamp: number;
}

/** On-chain content of one workflow, as the chain tables hold it. */
export interface ChainWorkflow {
  workflow: number;
  requester: Address;
  coordinator: Address;
  specHash: Hex;
  feeBps: number;
  deadline: number;
  escrow: bigint;
  refunded: bigint;
  /** To the coordinator, for what was spent. */
  feePaid: bigint;
  /** Units spent by live claims, commitments, disputes and settled pay. */
  spent: bigint;
  /** See WORKFLOW_STATUS. */
  status: number;
  steps: StepTerms[];
  /** Unix seconds. */
  openedAt: number;
  /** When it was completed or cancelled, Unix seconds; null while it is open. */
  endedAt: number | null;
  /** When its coordinator was declared silent, Unix seconds; null: it was not, or has answered. */
  silentAt: number | null;
  completionTx: Hex | null;
  /** SHA-256 of the final step's proof, once it was accepted. */
  resultDigest: Hex | null;
}

/** Newest claim of a task. */
export interface ChainTask {
  task: number;
  operator: Address;
  slot: number;
  attempt: number;
  pay: TaskView["pay"];
  /** Root of the assignment that was claimed. */
  root: Hex;
  /** Unix seconds by which it must be committed. */
  deadline: number;
  /** To the result, once there is one. */
  commitment: Hex | null;
}

/** What an operator's slot holds now. */
export interface ChainBatch {
  operator: Address;
  slot: number;
  workflow: number;
  state: "claimed" | "committed" | "credited" | "empty";
  ticket: Ticket;
  /** Unix seconds. */
  deadline: number;
  commitments: Hex[];
}

/** A task that has left its batch, with its pay and bond, until the dispute is closed. */
export interface ChainDispute {
  key: Hex;
  task: number;
  attempt: number;
  phase: DisputePhase;
  /** From then on (Unix seconds) anyone may close it; null while a draw is pending. */
  closesAt: number | null;
  /** Block whose hash draws the jury. */
  drawBlock: number | null;
}

export interface ChainAccount {
  free: bigint;
  locked: bigint;
  owed: bigint;
  /** Who may act for it as an operator. */
  delegate?: Address | null;
}

/** Reads the chain tables: indexed look-ups, no scan over other workflows. */
export interface ChainReader {
  /** When the database was made, Unix ms. */
  madeAt: number;
  /** Least stake of an operator that claims, units. */
  minStake: bigint;
  /** Height and timestamp (Unix seconds) that the tables stand for. */
  head(): { block: number; timestamp: number };
  workflow(id: number): ChainWorkflow | undefined;
  /** Ids of all workflows that were opened with this coordinator, or handed to it. */
  workflowsOf(coordinator: Address): number[];
  tasks(workflow: number): ChainTask[];
  task(workflow: number, task: number): ChainTask | undefined;
  batch(operator: Address, slot: number): ChainBatch | undefined;
  account(address: Address): ChainAccount;
  /** How its tasks ended, counted by day and program. */
  evidence(operator: Address): ProgramEvidence[];
  /** Batches of the workflow that are claimed, or committed and not settled. */
  liveBatches(workflow: number): ChainBatch[];
  openDisputes(workflow: number): ChainDispute[];
}

/** What the coordinator asks the chain itself. */
export interface ChainCalls {
  chainId: number;
  market: Address;
  /** Seconds for which a completed workflow takes claims. */
  lateClaims: number;
  /**
   * Asks a verifier adapter with at least `gas`.
   * @returns its answer; a revert is a "no"
   * @throws FrobenError (retryable) when the node can't be asked
   */
  verify(
    adapter: Address,
    statement: Uint8Array,
    result: Uint8Array,
    gas: number,
  ): Promise<boolean>;
}

/** Sends the coordinator's transactions; the same purpose is never sent twice. */
export interface TransactionSender {
  /**
   * @param call gas: for a call that must be given more than it uses, which not every node can estimate
   * @returns once the transaction is included
   * @throws FrobenError when it reverted or can't be sent
   */
  send(
    purpose: string,
    call: { to: Address; data: Hex; value?: bigint; gas?: bigint },
  ): Promise<{ hash: Hex }>;
}

/** The part of the artifact store that the coordinator uses. */
export interface ArtifactReader {
  has(digest: Digest): Promise<boolean>;
  /** @throws FrobenError `artifact_missing` */
  read(digest: Digest): Promise<Uint8Array>;
  /** A path at which a program may read the bytes. @throws FrobenError `artifact_missing` */
  path(digest: Digest): Promise<string>;
  /** Bytes. @throws FrobenError `artifact_missing` */
  size(digest: Digest): Promise<number>;
  /** Digests of all artifacts, in no order. */
  all(): AsyncIterable<Digest>;
}

/** One run of a validation program. */
export interface ValidationJob {
  program: Digest;
  /** Artifacts by port name: one file, or the items of a collection. */
  inputs: Record<string, Digest | Digest[]>;
  limits: { seconds: number; memoryMb: number };
}

/** Runs validation programs on this machine. */
export interface Validator {
  /** Whether the program is installed. */
  has(program: Digest): boolean;
  /** @throws FrobenError `validation_failed` (retryable) when the program gave no verdict */
  run(job: ValidationJob, signal: AbortSignal): Promise<Verdict>;
}

export interface CoordinatorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the coordinator counts for whoever watches it. */
export interface CoordinatorMetrics {
  attemptEnded(outcome: string): void;
  /** A task took another workflow's result instead of being run. */
  taskReused(): void;
  /**
   * A standby copy was started, took the place of the first attempt, or ended beside it.
   * @param wastedMs how long the one that ended without need was computed
   */
  standby(event: "started" | "won" | "lost", wastedMs: number): void;
  /** A canary was given out, or has ended in a state. */
  canary(event: Exclude<CanaryState, "taken" | "judging">): void;
  /** A match was found and booked. */
  decided(seconds: number): void;
}

/** What goes into the database with whatever the coordinator writes next, in the same transaction. */
export interface WrittenAlong {
  /** Called inside the transaction. */
  write(): void;
  /** The transaction is committed. */
  written(): void;
}

export interface CoordinatorSettings {
  /** Longest time between an assignment and its claim, seconds; a step's claim time caps it. */
  claimBySeconds: number;
  /** An operator that was silent for this long gets no new work, milliseconds. */
  operatorSilenceMs: number;
  /** A newcomer's machine does nothing for so long before it is asked a canary, milliseconds. */
  canaryIdleMs: number;
  /** Validation programs that run at the same time. */
  validations: number;
  /** What a validation program may use. */
  validationLimits: { seconds: number; memoryMb: number };
  /** By requester, lower-case: how many times another's share it has; 1 for all others. */
  weights: Readonly<Record<string, number>>;
  /** Seeds the matchmaker's exploration; it is part of every decision record. */
  seed: string;
}

/** Views for the HTTP API; all of them are read from memory. */
export interface CoordinatorViews {
  /** @throws FrobenError 404 `workflow_unknown`, as all views of one workflow do */
  workflow(id: number): WorkflowView;
  workflows(): WorkflowView[];
  tasks(id: number): TaskView[];
  attempts(id: number): AttemptView[];
  /**
   * In the order in which they were made.
   * @param after the last one that is known; the first if not given
   * @param limit most of them
   * @throws FrobenError 404 `decision_unknown`
   */
  decisions(id: number, after?: Digest, limit?: number): DecisionView[];
  /**
   * Why a task is not running.
   * @param operators how many are listed for each predicate that rules them out
   * @throws FrobenError 404 `task_unknown`
   */
  whyTask(id: number, task: number, operators: number): TaskWhy;
  /** Which tasks hold a workflow up, and why. @param operators as of `whyTask` */
  why(id: number, operators: number): WorkflowWhy;
  operators(): OperatorView[];
  /** @param address in any case @throws FrobenError 404 `operator_unknown` */
  operator(address: string): OperatorView;
  /**
   * Whether a requester's spec may take the results that it names in `reuse`.
   * @throws FrobenError 422 `reuse_unknown`, 422 `reuse_not_yours`
   */
  checkReuse(spec: Spec, requester: Address): void;
  /** Programs that at least one registered operator holds. */
  programsHeld(): Set<Digest>;
  /** What an estimate needs to know of the market now. @param programs that it is about */
  snapshot(programs: Digest[]): MarketSnapshot;
  /** @returns when the workflow's version is above `after`, or after `ms` */
  waitForChange(id: number, after: number, ms: number): Promise<WorkflowView>;
  counts(): { workflows: number; tasks: Record<string, number>; operatorsOnline: number };
}

/** The coordinator's mind. Methods that take an address trust the caller to have checked the request's signature. */
export interface Coordinator {
  /** Rebuilds what is in memory from the database; call once, before anything else. */
  recover(): Promise<void>;
  register(address: Address, body: Register): void;
  /** @throws FrobenError 409 `operator_unknown`: register first */
  sync(address: Address, body: SyncRequest): Promise<SyncResponse>;
  results(address: Address, body: ResultsReport): Promise<ResultsResponse>;
  failure(address: Address, body: FailureReport): Promise<Record<string, never>>;
  /** @throws FrobenError see `takeCanaryAnswer` */
  canary(address: Address, body: CanaryAnswer): Promise<Record<string, never>>;
  acceptance(address: Address, body: AcceptanceRequest): Promise<{ signature: Hex }>;
  /**
   * Stops new assignments of a workflow for its requester, or lets them go on.
   * @throws FrobenError 404 `workflow_unknown`, 403 `not_requester`, 409 `workflow_ended`
   */
  setPaused(requester: Address, workflow: number, paused: boolean): void;
  /** Called inside the transaction that changed the chain tables; only takes notes, acts afterwards. */
  chainChanged(change: ChainChange): void;
  /** Lets everything happen that is due. Also runs by itself, on every change and timer. */
  tick(): Promise<void>;
  /** Stops timers, answers held requests, waits for running validations to be killed. */
  stop(): Promise<void>;
  readonly views: CoordinatorViews;
}

/** Parts of `createCoordinator(deps): Coordinator` (coordinator.ts). */
export interface CoordinatorDeps {
  db: Db;
  account: LocalAccount;
  chain: ChainReader;
  calls: ChainCalls;
  sender: TransactionSender;
  store: ArtifactReader;
  /** Keeps the artifacts that workflows name. */
  retention: Retention;
  validator: Validator;
  clock: Clock;
  log: CoordinatorLog;
  metrics: CoordinatorMetrics;
  along?: WrittenAlong;
  /** Undefined: nothing is traced. */
  traces?: AttemptTraces | undefined;
  settings: CoordinatorSettings;
}
