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
 * Ready tasks of all workflows. Lanes come by the longest remaining path, then the workflow's deadline, then round-robin: the
 * workflow that was served longest ago, then the oldest.
 */
export class ReadyQueue<T extends ReadyTask = ReadyTask> {
  private readonly lanes = new Set<Lane<T>>();
  private readonly served = new Map<number, number>();
  private turn = 0;

  open(lane: Lane<T>): void {
    this.lanes.add(lane);
  }

  close(lane: Lane<T>): void {
    this.lanes.delete(lane);
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
    const keyed = [];
    for (const lane of this.lanes) {
      const head = lane.peek();
      if (head) keyed.push({ lane, remaining: lane.remainingMs(head.level) });
    }
    return keyed.sort(
      (a, b) =>
        b.remaining - a.remaining ||
        a.lane.deadline() - b.lane.deadline() ||
        this.turnOf(a.lane) - this.turnOf(b.lane) ||
        a.lane.terms.workflow - b.lane.terms.workflow ||
        a.lane.terms.stepIndex - b.lane.terms.stepIndex,
    );
  }

  get size(): number {
    let size = 0;
    for (const lane of this.lanes) size += lane.size;
    return size;
  }

  private turnOf(lane: Lane<T>): number {
    return this.served.get(lane.terms.workflow) ?? 0;
  }
}
