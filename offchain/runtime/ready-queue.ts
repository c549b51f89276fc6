import type { Digest } from "../../protocol/digest";
import type { Resources } from "../../protocol/spec";
import { Heap } from "./heap";
import { Shares, type Sharing, type WeightOf } from "./shares";

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
  /** By the bytes of its inputs, if they are known (matchmaker/size.ts); it does not change while the task is in a lane. */
  readonly sizeClass?: number | undefined;
  /** Its large inputs, and who has them, if it has any (matchmaker/locality.ts). */
  readonly haul?: Haul | undefined;
}

/** What whoever gets a task must have. */
export interface Haul {
  /** @returns milliseconds that an operator should take to fetch what it has not got */
  fetchMs(operator: string): number;
  /** Whether some have an input that no other task of the step has. */
  isHeld(): boolean;
  /** Operators that have some of it, as far as is known. */
  holders(): ReadonlySet<string>;
}

/** What all tasks of one step have in common. */
export interface LaneTerms {
  workflow: number;
  /** Who pays for the workflow; of one that says none it is a requester of its own. */
  requester?: string | undefined;
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
  /** Of tasks whose inputs are of one size class, where that matters: the class, and the terms of tasks of any. */
  sized?: { sizeClass: number; any: LaneTerms };
}

const NONE: never[] = [];

/** Ready tasks of one step, in the order in which they start. */
export class Lane<T extends ReadyTask = ReadyTask> {
  /** By size class, where larger inputs take longer; all of its tasks are in these then. */
  private parts: Map<number | undefined, Lane<T>> | undefined;
  private readonly heap = new Heap<T>(
    (a, b) => a.level < b.level || (a.level === b.level && a.index < b.index),
  );

  /** @param remainingMs expected milliseconds from the start of a task of a level (and size class) until the workflow's end */
  constructor(
    readonly terms: LaneTerms,
    readonly remainingMs: (level: number, sizeClass?: number) => number,
    /** Of the workflow, Unix seconds. */
    readonly deadline: () => number,
    /** Of the workflow, Unix milliseconds. */
    readonly openedAt: () => number = () => 0,
    /** Tasks that have not started, ready or not, as far as is known. */
    readonly left: () => number = () => this.size,
    /** Whether its tasks clearly take longer the larger their inputs are, as far as is known. */
    private readonly grows: () => boolean = () => false,
  ) {}

  get size(): number {
    if (!this.parts) return this.heap.size;
    let size = 0;
    for (const { heap } of this.parts.values()) size += heap.size;
    return size;
  }

  add(task: T): void {
    const { heap } = this.partOf(task);
    if (!heap.has(task)) heap.push(task);
  }

  has(task: T): boolean {
    return this.partOf(task).heap.has(task);
  }

  remove(task: T): void {
    this.partOf(task).heap.remove(task);
  }

  peek(): T | undefined {
    return this.first()?.heap.peek();
  }

  pop(): T | undefined {
    return this.first()?.heap.pop();
  }

  /** @returns the lanes of tasks that take as long, of those that there are: where sizes matter, one for each size class */
  ready(): Lane<T>[] {
    if (this.grows() !== (this.parts !== undefined)) this.sortAnew();
    if (this.parts) return [...this.parts.values()].filter(({ heap }) => heap.size > 0);
    return this.heap.size > 0 ? [this] : NONE;
  }

  /** @returns the one of those lanes where a task is, or would be */
  partOf({ sizeClass }: T): Lane<T> {
    if (!this.parts) return this;
    let part = this.parts.get(sizeClass);
    if (!part) this.parts.set(sizeClass, (part = this.part(sizeClass)));
    return part;
  }

  private part(sizeClass: number | undefined): Lane<T> {
    const terms =
      sizeClass === undefined
        ? this.terms
        : { ...this.terms, sized: { sizeClass, any: this.terms } };
    const remaining = (level: number) => this.remainingMs(level, sizeClass);
    return new Lane(terms, remaining, this.deadline, this.openedAt);
  }

  private first(): Lane<T> | undefined {
    if (!this.parts) return this;
    for (const part of this.parts.values()) if (part.heap.size > 0) return part;
    return undefined;
  }

  /** It was found out whether sizes matter. */
  private sortAnew(): void {
    const tasks: T[] = [];
    for (let task = this.pop(); task; task = this.pop()) tasks.push(task);
    this.parts = this.parts ? undefined : new Map();
    for (const task of tasks) this.add(task);
  }
}

/**
 * Ready tasks of all workflows. Requesters share the operators by weight, see Shares: a requester's only workflow, with n - 1 others of
 * the same weight, is due 2 n times its longest path after it was opened. Lanes come by when their first task must start for that: those
 * of one workflow by the longest remaining path, small workflows before large ones, and large ones before small ones that come much later, so
 * that none waits for ever. Then by the workflow's deadline, then round-robin: the workflow that was served longest ago, then the oldest.
 */
export class ReadyQueue<T extends ReadyTask = ReadyTask> {
  private readonly workflows = new Map<number, { lanes: Set<Lane<T>>; sharing: Sharing }>();
  private readonly served = new Map<number, number>();
  private readonly shares: Shares;
  private turn = 0;

  /** @param weightOf how many times another's share a requester has; above 0, 1 if not given */
  constructor(weightOf?: WeightOf) {
    this.shares = new Shares(weightOf);
  }

  open(lane: Lane<T>): void {
    const { workflow } = lane.terms;
    const known = this.workflows.get(workflow);
    if (known) {
      known.lanes.add(lane);
      return;
    }
    const lanes = new Set([lane]);
    const sharing = sharingOf(lane, lanes);
    this.workflows.set(workflow, { lanes, sharing });
    this.shares.add(sharing);
  }

  close(lane: Lane<T>): void {
    const { workflow } = lane.terms;
    const known = this.workflows.get(workflow);
    if (!known?.lanes.delete(lane) || known.lanes.size > 0) return;
    this.workflows.delete(workflow);
    this.shares.remove(known.sharing);
  }

  /**
   * A workflow has ended: its requester's next one has its turn.
   * @param lanes all of it, open or closed @param now Unix milliseconds
   */
  end(workflow: number, lanes: Iterable<Lane<T>>, now: number): void {
    const all = new Set(lanes);
    const [first] = all;
    if (first) this.shares.end(sharingOf(first, all), now);
    this.workflows.delete(workflow);
    this.forget(workflow);
  }

  /** A requester had a workflow that ended then, Unix milliseconds: what it opened before has no earlier turn. */
  endedAt(requester: string, at: number): void {
    this.shares.endedAt(requester, at);
  }

  /** @returns all lanes of a workflow, ready tasks or not */
  lanesOf(workflow: number): Iterable<Lane<T>> {
    return this.workflows.get(workflow)?.lanes ?? [];
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
    const dueOf = this.shares.dues();
    for (const { lanes, sharing } of this.workflows.values()) {
      let due: number | undefined;
      for (const whole of lanes)
        for (const lane of whole.ready()) {
          due ??= dueOf(sharing);
          const remaining = lane.remainingMs(lane.peek()!.level);
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
    for (const { lanes } of this.workflows.values()) for (const lane of lanes) size += lane.size;
    return size;
  }

  private turnOf(lane: Lane<T>): number {
    return this.served.get(lane.terms.workflow) ?? 0;
  }
}

/** @param lanes of the workflow, as they are opened and closed */
function sharingOf<T extends ReadyTask>(of: Lane<T>, lanes: ReadonlySet<Lane<T>>): Sharing {
  const { workflow, requester = `workflow ${workflow}` } = of.terms;
  return { workflow, requester, openedAt: of.openedAt(), pathMs: () => longestPath(lanes) };
}

/** Expected milliseconds from the first task of a workflow to the end of its last. */
function longestPath<T extends ReadyTask>(lanes: Iterable<Lane<T>>): number {
  let most = 0;
  for (const lane of lanes) most = Math.max(most, lane.remainingMs(0));
  return most;
}
