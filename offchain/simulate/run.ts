import type { Step } from "../../protocol/spec";
import { offeredBps } from "../runtime/offer";
import type { Lane, ReadyTask } from "../runtime/ready-queue";
import type { SimTask, SimWorkflow } from "./model";

const NOBODY: ReadonlySet<string> = new Set();

/** A task while it is simulated. */
export class SimRun implements ReadyTask {
  readonly level: number;
  /** How often nobody took it in time. */
  rises = 0;
  avoid: ReadonlySet<string> = NOBODY;
  nextAttempt = 1;
  failures = 0;
  /** Parents that are not done. */
  pending: number;
  done = false;

  constructor(
    readonly workflow: SimWorkflow,
    readonly workflowIndex: number,
    readonly task: SimTask,
    readonly index: number,
    readonly lane: Lane<SimRun>,
  ) {
    this.pending = task.parents.length;
    this.level = task.level ?? 0;
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
