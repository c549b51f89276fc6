import type { Step } from "../../protocol/spec";
import type { Transfers } from "./transfers";
import { sizeClassOf } from "../matchmaker/size";
import { offeredBps } from "../runtime/offer";
import type { Haul, Lane, ReadyTask } from "../runtime/ready-queue";
import type { SimTask, SimWorkflow } from "./model";

const NOBODY: ReadonlySet<string> = new Set();

/** A task while it is simulated. */
export class SimRun implements ReadyTask {
  readonly level: number;
  readonly sizeClass: number | undefined;
  readonly haul: Haul | undefined;
  /** How often nobody took it in time. */
  rises = 0;
  avoid: ReadonlySet<string> = NOBODY;
  nextAttempt = 1;
  failures = 0;
  /** Parents that are not done. */
  pending: number;
  done = false;
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
    this.level = task.level ?? 0;
    if (task.inputBytes !== undefined) this.sizeClass = sizeClassOf(task.inputBytes);
  }

  /** @returns milliseconds for which an attempt that starts now really fetches inputs */
  fetchMs(operator: string): number {
    return Math.ceil(this.fetch?.fetchMs(operator) ?? 0);
  }

  /** Of a spec, as its step says; else the whole ceiling. */
  get offerBps(): number {
    return offeredBps(this.specStep?.priceBump, this.rises);
  }

  /** Time in which it should be taken, of a spec. */
  get startSeconds(): number {
    return this.specStep?.limits.startSeconds ?? 0;
  }

  private get specStep(): Step | undefined {
    return this.workflow.spec?.steps[this.task.step!];
  }

  get key(): string {
    return `${this.workflowIndex}/${this.index}`;
  }
}

/** Tasks that have not started, by lane. */
export type LeftByLane = ReadonlyMap<Lane<SimRun>, number>;
