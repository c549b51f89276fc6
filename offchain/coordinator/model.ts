import type { Address, Hex } from "viem";
import type { InputRef, InputSource } from "../../protocol/assignment";
import type { CanaryOffer } from "../../protocol/canary";
import type { Digest } from "../../protocol/digest";
import type { OperatorView, SignedAssignment, TaskState, WorkflowView } from "../../protocol/http";
import type { Step } from "../../protocol/spec";
import type { StepTerms } from "../../protocol/terms";
import type {
  AttemptState,
  CanaryState,
  StandbyState,
  TakenResult,
  VerdictKind,
} from "../db/schema/work";
import type { Question } from "../matchmaker/canaries";
import type { Locality } from "../matchmaker/locality";
import type { FleetOperator } from "../matchmaker/fleet";
import type { Failure } from "../runtime/retry";
import { offeredBps } from "../runtime/offer";
import type { Haul, Lane, ReadyTask } from "../runtime/ready-queue";
import { allOver, isOver, type FollowedTask, type Graph } from "../workflow/follow";
import { find, outlookOf, type LeftOut } from "../workflow/outlook";
import type { Source } from "../workflow/plan";
import type { Reused } from "../workflow/work";

// What the coordinator has in memory. The database holds the same; `recover` rebuilds it from there.

/** A claim that a reorganisation took back. */
export interface TakenBack {
  /** due: its operator is to get a ticket with a later `claimBy`. renewed: it was signed. */
  state: "due" | "renewed";
  /** Until then (Unix milliseconds) a result that is used gets one ticket after the other. */
  readonly until: number;
}

/** One workflow. */
export class Run {
  name = "";
  state: WorkflowView["state"] = "running";
  reason: string | null = null;
  version = 0;
  endedAt: number | null = null;
  attempts = 0;
  /** Tasks that took another's result. */
  reused = 0;
  settled = false;
  /** By its requester: nothing new is assigned. */
  paused = false;
  /** Until then (chain time, Unix seconds) an operator may still claim from it while the contract has it open. */
  claimableUntil = 0;
  /** Until then (chain time, Unix seconds) assignments may be claimed that were signed before the database was lost. */
  blankUntil = 0;
  /** Attempts whose claim a reorganisation took back: until it is made again, or can't be. See taken-back.ts. */
  readonly takenBack = new Map<AttemptRun, TakenBack>();
  /** Known once the spec artifact is here. */
  work: RunWork | undefined;
  /** How often the spec was looked for in vain. */
  specTries = 0;
  readonly waiters = new Set<() => void>();
  readonly #counts = new Map<TaskState, number>();
  readonly #toStart = new Map<number, number>();

  constructor(
    readonly id: number,
    /** Of the chain, Unix seconds. */
    public deadline: number,
    /** On-chain, Unix seconds. */
    readonly openedAt: number,
  ) {}

  /** Tasks by state, of the states that there are: whoever watches a wide workflow asks again and again. */
  get counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].filter(([, tasks]) => tasks > 0));
  }

  /** @returns how many tasks of a step have not begun; nothing while it is not known which it has */
  toStart(step: number): number | undefined {
    return this.#toStart.get(step);
  }

  /** Counts tasks of a step in a state. */
  count(step: number, state: TaskState, change: number): void {
    if (state === "waiting" || state === "ready")
      this.#toStart.set(step, (this.#toStart.get(step) ?? 0) + change);
    this.#counts.set(state, (this.#counts.get(state) ?? 0) + change);
  }

  /** Whether its graph is followed: it runs; or it is completed, and its results are looked for, the database with them being lost. */
  get isRead(): boolean {
    return this.state === "running" || (this.state === "completed" && this.blankUntil > 0);
  }

  task(index: number): TaskRun | undefined {
    return this.work?.tasks.get(index);
  }
}

/** The graph of a workflow, as far as it is unfolded. */
export interface RunWork extends Graph<TaskRun> {
  terms: StepTerms[];
  /** By step. */
  lanes: Lane<TaskRun>[];
  /** Items of collections that tasks put out, by `task/output`. */
  collections: Map<string, Digest[]>;
  /** Bytes of artifacts that tasks may have as inputs, as far as they are known. */
  sizes: Map<Digest, number>;
  /** Who has the large ones. */
  locality: Locality;
  /** Remaining paths and what a task takes, by step, as of a state of what is learned and unfolded. */
  paths?: {
    /** Of the experience, and of tasks: what they were computed with. */
    version: number;
    size: number;
    byStep: ((level: number) => number)[];
    typical: number[];
  };
}

/** One task. */
export class TaskRun implements ReadyTask, FollowedTask<TaskRun> {
  #state: TaskState = "waiting";
  pending = 0;
  attempt = 0;
  failures = 0;
  refusals: Address[] = [];
  avoid = new Set<string>();
  /** Of its inputs, once they are there and if their sizes are known. */
  sizeClass: number | undefined;
  /** Its large inputs, once they are there. */
  haul: Haul | undefined;
  notBefore = 0;
  /** How often nobody took it in time, for which more is offered now. */
  rises = 0;
  /** Until then (chain time, Unix seconds) an operator may still claim an attempt that has ended. */
  claimableUntil = 0;
  /** The same of any attempt that has ended, also of one that was claimed: a reorganisation may take that back. */
  formerUntil = 0;
  leftOut: LeftOut | null = null;
  result: Digest | null = null;
  outputs: Record<string, Digest> | null = null;
  #reused: Reused | null = null;
  reason: string | null = null;
  endedAt: number | null = null;
  /** Its newest attempt, but for a copy that runs beside it. */
  current: AttemptRun | undefined;
  /** The other one of two attempts of which one is a standby copy: the copy, or, once that is the current one, whose place it took. */
  other: AttemptRun | undefined;
  /** Tasks that have inputs from it. */
  readonly dependents: TaskRun[] = [];

  constructor(
    readonly run: Run,
    readonly index: number,
    readonly step: Step,
    readonly stepIndex: number,
    readonly position: number,
    readonly level: number,
    readonly inputs: Record<string, Source>,
  ) {
    run.count(stepIndex, this.#state, 1);
  }

  get state(): TaskState {
    return this.#state;
  }

  set state(state: TaskState) {
    this.run.count(this.stepIndex, this.#state, -1);
    this.#state = state;
    this.run.count(this.stepIndex, state, 1);
  }

  /** Of one that was not run: whose result it took. */
  get reused(): Reused | null {
    return this.#reused;
  }

  set reused(reused: Reused | null) {
    this.run.reused += Number(reused !== null) - Number(this.#reused !== null);
    this.#reused = reused;
  }

  get nextAttempt(): number {
    return this.attempt + 1;
  }

  /** The copy that runs beside its current attempt, if there is one. */
  get standby(): AttemptRun | undefined {
    return isLive(this.other) ? this.other : undefined;
  }

  /** @returns its current attempt or the other one, if it has the number */
  numbered(number: number): AttemptRun | undefined {
    return [this.current, this.other].find((attempt) => attempt?.number === number);
  }

  get offerBps(): number {
    return offeredBps(this.step.priceBump, this.rises);
  }

  get lane(): Lane<TaskRun> {
    return this.run.work!.lanes[this.stepIndex]!;
  }

  /** How many of its inputs are not there (yet, or any more). */
  missing(): number {
    const { tasks } = this.run.work!;
    return Object.values(this.inputs).filter((source) => find(source, tasks) === "open").length;
  }

  /** Whether nothing more is to come of it. */
  get isOver(): boolean {
    return isOver(this);
  }

  /** Of a task that is done: which attempt of the workflow made its result; none, if another workflow's result was taken. */
  get accepted(): InputSource | undefined {
    if (!this.reused) return { task: this.index, attempt: this.current!.number };
    const { workflow, task, attempt } = this.reused;
    return workflow === this.run.id ? { task, attempt } : undefined;
  }

  /** Of a task that is ready: its inputs by port, with the results that they are of. */
  inputRefs(): Record<string, InputRef> {
    const task = (index: number) => this.run.work!.tasks.get(index)!;
    const refs: Record<string, InputRef> = {};
    const of = (digest: Digest, source?: InputSource) => (source ? { digest, source } : { digest });
    const inputs = outlookOf(this, this.run.work!.tasks) as Record<string, Source>;
    for (const [name, source] of Object.entries(inputs)) {
      if ("task" in source) {
        const { outputs, accepted } = task(source.task);
        refs[name] = of(outputs![source.output]!, accepted);
      } else if (source.of === undefined) refs[name] = of(source.digest);
      else refs[name] = of(source.digest, task(source.of).accepted);
    }
    return refs;
  }
}

/** One try at a task. */
export interface AttemptRun {
  readonly task: TaskRun;
  readonly number: number;
  readonly operator: Address;
  readonly root: Hex;
  /** `workflow/task/attempt` */
  readonly key: string;
  state: AttemptState;
  outcome: Failure | "valid" | null;
  reason: string | null;
  booked: boolean;
  /** Whether the chain shows its claim. */
  claimed: boolean;
  assignedAt: number;
  startedAt: number | null;
  computedAt: number | null;
  endedAt: number | null;
  progress: number;
  /** When its progress last rose, as far as that is known. */
  risenAt: number | null;
  /** Of a copy. */
  standby: StandbyState | null;
  note: string | null;
  report: TakenResult | null;
  verdict: VerdictKind | null;
  verdictReason: string | null;
  release: Hex | null;
  verdictSeen: boolean;
  challenge: "due" | "sent" | "done" | null;
}

/** Signed tasks of one step for one operator. */
export interface AssignmentRun {
  body: SignedAssignment;
  readonly operator: OperatorRun;
  readonly decision: Digest;
  attempts: AttemptRun[];
  live: boolean;
  /** Tasks that the operator may still claim; their bonds count as promised. */
  unclaimed: number;
}

/** One registered operator. */
export interface OperatorRun {
  readonly address: Address;
  readonly fleet: FleetOperator;
  lastSeen: number;
  /** Held requests. */
  polls: number;
  done: number;
  failed: number;
  struck: number;
  /** Live assignments by root. */
  assignments: Map<Hex, AssignmentRun>;
  /** Verdicts that it has not seen, by attempt key. */
  verdicts: Map<string, AttemptRun>;
  /** The one that it is asked. */
  canary: CanaryRun | undefined;
  /** What became of those that it took. */
  canaries: OperatorView["canaries"];
  wake: Set<() => void>;
}

/** A finished task of which the right result is known. */
export interface TaskQuestion extends Question {
  readonly task: TaskRun;
}

/** A finished task that a newcomer is asked for. Times in Unix milliseconds. */
export interface CanaryRun {
  readonly id: string;
  readonly operator: OperatorRun;
  /** Of the task, and the result that is known of it. */
  readonly workflow: number;
  readonly task: number;
  readonly known: Digest;
  readonly offer: CanaryOffer;
  state: CanaryState;
  readonly offeredAt: number;
  takenAt: number | null;
  endedAt: number | null;
  /** As the operator answered. */
  result: Digest | null;
  wallMs: number | null;
  reason: string | null;
  /** When its operator last named it. */
  heardAt: number;
  /** When it was last sent. */
  sentAt: number | null;
  /** By when it must be taken, then answered. */
  until: number;
}

export const attemptKey = (workflow: number, task: number, attempt: number) =>
  `${workflow}/${task}/${attempt}`;

/** @returns an attempt that was just offered, and of which nothing is known yet */
export function newAttempt(
  task: TaskRun,
  fields: Pick<AttemptRun, "number" | "operator" | "root" | "assignedAt"> &
    Partial<Pick<AttemptRun, "standby">>,
): AttemptRun {
  return {
    task,
    standby: null,
    ...fields,
    key: attemptKey(task.run.id, task.index, fields.number),
    state: "offered",
    outcome: null,
    reason: null,
    booked: false,
    claimed: false,
    startedAt: null,
    computedAt: null,
    endedAt: null,
    progress: 0,
    risenAt: null,
    note: null,
    report: null,
    verdict: null,
    verdictReason: null,
    release: null,
    verdictSeen: false,
    challenge: null,
  };
}

/** Whether something can still come of an attempt. */
export const isLive = (attempt: AttemptRun | undefined): attempt is AttemptRun =>
  attempt !== undefined && attempt.state !== "ended";

/** Whether its operator still has to do with an attempt: something can come of it, or a claim that was taken back is to be made again. */
export const isHeld = (attempt: AttemptRun): boolean =>
  attempt.state !== "ended" || attempt.task.run.takenBack.has(attempt);

/** Whether all that a workflow asks for is done, or left out as its spec allows. */
export function allDone({ work }: Run): boolean {
  return work !== undefined && allOver(work);
}
