import type { Lane, ReadyTask } from "../runtime/ready-queue";
import type { SimTask, SimWorkflow } from "./model";

const NOBODY: ReadonlySet<string> = new Set();

/** A task while it is simulated. */
export class SimRun implements ReadyTask {
  readonly level: number;
  /** The whole ceiling is offered at once: there is no auction among simulated operators yet. */
  readonly offerBps = 10_000;
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

  get key(): string {
    return `${this.workflowIndex}/${this.index}`;
  }
}
