import type { Digest } from "../../protocol/digest";
import type { Resources } from "../../protocol/spec";
import { Heap } from "./heap";

/** What the queue knows of a ready task. */
export interface ReadyTask {
  /** Index in its workflow. */
  readonly index: number;
  /** Level in an aggregation tree, else 0: lower levels have more before them. */
  readonly level: number;
  /** Number of its next attempt. */
  readonly nextAttempt: number;
  /** Operators (lower-case addresses) that failed it. */
  readonly avoid: ReadonlySet<string>;
  /** Share of the ceiling that is offered for it now, basis points. */
  readonly offerBps: number;
}

/** What all tasks of one step have in common. */
export interface LaneTerms {
  workflow: number;
  /** Id and index of the step. */
  step: string;
  stepIndex: number;
  program: Digest;
  resources: Resources;
  /** Units: most that a task is paid, and its bond. */
  ceiling: bigint;
  bond: bigint;
  claimSeconds: number;
  runSeconds: number;
  /** Of a workflow that prefers money to time: it is to be done within so many seconds of its opening, as cheaply as can be. */
  withinSeconds?: number | undefined;
}

/** Ready tasks of one step, in the order in which they start. */
export class Lane<T extends ReadyTask = ReadyTask> {
  private readonly heap = new Heap<T>(
    (a, b) => a.level < b.level || (a.level === b.level && a.index < b.index),
  );

  /** @param remainingMs expected milliseconds from the start of a task of a level until the workflow's end */
  constructor(
    readonly terms: LaneTerms,
    readonly remainingMs: (level: number) => number,
    /** Of the workflow, Unix seconds. */
    readonly deadline: () => number,
    /** Of the workflow, Unix milliseconds. */
    readonly openedAt: () => number = () => 0,
    /** Tasks that have not started, ready or not, as far as is known. */
    readonly left: () => number = () => this.size,
  ) {}

  get size(): number {
    return this.heap.size;
  }

  add(task: T): void {
    if (!this.heap.has(task)) this.heap.push(task);
  }

  has(task: T): boolean {
    return this.heap.has(task);
  }

  remove(task: T): void {
    this.heap.remove(task);
  }

  peek(): T | undefined {
    return this.heap.peek();
  }

  pop(): T | undefined {
    return this.heap.pop();
  }
}

/**
 * A workflow is due when so many times the time has passed since it was opened that it would take with an equal share of everything. With
 * less, large ones that are late keep small ones that come later from even their share.
 */
const PATIENCE = 2;

/**
 * Ready tasks of all workflows. A workflow that shares the operators with n - 1 others is due 2 n times its longest path after it was
 * opened. Lanes come by when their first task must start for that: those of one workflow by the longest remaining path, small workflows
 * before large ones, and large ones before small ones that come much later, so that none waits for ever. Then by the workflow's deadline,
 * then round-robin: the workflow that was served longest ago, then the oldest.
 */
export class ReadyQueue<T extends ReadyTask = ReadyTask> {
  private readonly workflows = new Map<number, Set<Lane<T>>>();
  private readonly served = new Map<number, number>();
  private turn = 0;

  open(lane: Lane<T>): void {
    const { workflow } = lane.terms;
    const lanes = this.workflows.get(workflow);
    if (lanes) lanes.add(lane);
    else this.workflows.set(workflow, new Set([lane]));
  }

  close(lane: Lane<T>): void {
    const { workflow } = lane.terms;
    const lanes = this.workflows.get(workflow);
    lanes?.delete(lane);
    if (lanes?.size === 0) this.workflows.delete(workflow);
  }

  /** @returns all lanes of a workflow, ready tasks or not */
  lanesOf(workflow: number): Iterable<Lane<T>> {
    return this.workflows.get(workflow) ?? [];
  }

  /** Notes that a workflow got its turn. */
  serve(workflow: number): void {
    this.served.set(workflow, ++this.turn);
  }

  forget(workflow: number): void {
    this.served.delete(workflow);
  }

  /** Lanes with ready tasks, the most urgent first, with the remaining path of their heads in milliseconds. */
  urgent(): { lane: Lane<T>; remaining: number }[] {
    const keyed: { lane: Lane<T>; remaining: number; startBy: number }[] = [];
    for (const lanes of this.workflows.values()) {
      let due: number | undefined;
      for (const lane of lanes) {
        const head = lane.peek();
        if (!head) continue;
        due ??= lane.openedAt() + PATIENCE * this.workflows.size * longestPath(lanes);
        const remaining = lane.remainingMs(head.level);
        keyed.push({ lane, remaining, startBy: due - remaining });
      }
    }
    return keyed.sort(
      (a, b) =>
        a.startBy - b.startBy ||
        a.lane.deadline() - b.lane.deadline() ||
        this.turnOf(a.lane) - this.turnOf(b.lane) ||
        a.lane.terms.workflow - b.lane.terms.workflow ||
        a.lane.terms.stepIndex - b.lane.terms.stepIndex,
    );
  }

  get size(): number {
    let size = 0;
    for (const lanes of this.workflows.values()) for (const lane of lanes) size += lane.size;
    return size;
  }

  private turnOf(lane: Lane<T>): number {
    return this.served.get(lane.terms.workflow) ?? 0;
  }
}

/** Expected milliseconds from the first task of a workflow to the end of its last. */
function longestPath<T extends ReadyTask>(lanes: Iterable<Lane<T>>): number {
  let most = 0;
  for (const lane of lanes) most = Math.max(most, lane.remainingMs(0));
  return most;
}
