import type { Digest } from "../../protocol/digest";
import type { TaskState } from "../../protocol/http";
import type { Step } from "../../protocol/spec";
import type { Transfers } from "./transfers";
import { sizeClassOf } from "../matchmaker/size";
import { offeredBps } from "../runtime/offer";
import type { LeaseLimits } from "../runtime/leases";
import type { Haul, Lane, ReadyTask } from "../runtime/ready-queue";
import type { FollowedTask } from "../workflow/follow";
import type { LeftOut } from "../workflow/outlook";
import type { Source } from "../workflow/plan";
import type { SimTask, SimWorkflow } from "./model";

const NO_DEPENDENTS: SimRun[] = [];
const NOBODY: ReadonlySet<string> = new Set();
const NOTHING: Readonly<Record<string, Source>> = {};
/** What a coordinator takes to be gone has been silent for so long: of files that say nothing, the limit of both waits. Seconds. */
export const UNHEARD_SECONDS = 60;

/** A task while it is simulated. */
export class SimRun implements ReadyTask, FollowedTask<SimRun> {
  readonly level: number;
  readonly sizeClass: number | undefined;
  readonly haul: Haul | undefined;
  /** How often nobody took it in time. */
  rises = 0;
  avoid: ReadonlySet<string> = NOBODY;
  nextAttempt = 1;
  failures = 0;
  /** Of a task without a step: parents that are not done. */
  pending: number;
  /** Of a task of a spec: see `FollowedTask`. */
  state: TaskState = "waiting";
  leftOut: LeftOut | null = null;
  outputs: Record<string, Digest> | null = null;
  inputs = NOTHING;
  readonly dependents: SimRun[];
  /** All that it has as inputs, and who really has it. */
  private readonly fetch: Haul | undefined;

  constructor(
    readonly workflow: SimWorkflow,
    readonly workflowIndex: number,
    readonly task: SimTask,
    readonly index: number,
    readonly lane: Lane<SimRun>,
    readonly transfers: Transfers,
  ) {
    const { known, real } = transfers.haulsOf(task, lane.terms.stepIndex, index);
    this.haul = known;
    this.fetch = real;
    this.pending = task.parents.length;
    this.dependents = workflow.spec ? [] : NO_DEPENDENTS;
    this.level = task.level ?? 0;
    if (task.inputBytes !== undefined) this.sizeClass = sizeClassOf(task.inputBytes);
  }

  /** @returns milliseconds for which an attempt that starts now really fetches inputs */
  fetchMs(operator: string): number {
    return Math.ceil(this.fetch?.fetchMs(operator) ?? 0);
  }

  /** Of a spec, as its step says; else the whole ceiling. */
  get offerBps(): number {
    return offeredBps(this.workflow.spec && this.step.priceBump, this.rises);
  }

  /** Time limits of its attempts. */
  get limits(): LeaseLimits {
    const { runSeconds, startSeconds, silenceSeconds } = this.task;
    return {
      runSeconds,
      startSeconds: startSeconds ?? UNHEARD_SECONDS,
      silenceSeconds: silenceSeconds ?? UNHEARD_SECONDS,
    };
  }

  /** Of a task of a spec. */
  get step(): Step {
    return this.workflow.spec!.steps[this.task.step!]!;
  }

  get key(): string {
    return `${this.workflowIndex}/${this.index}`;
  }
}

/** Tasks that have not started, by lane. */
export type LeftByLane = ReadonlyMap<Lane<SimRun>, number>;
