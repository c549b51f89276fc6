import type { Digest } from "../../protocol/digest";
import type { Resources } from "../../protocol/spec";
import { Heap } from "./heap";
import { FULL_BPS } from "./offer";

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

/** What a lane's workflow says of it; what is not given is constant. */
export interface LaneFacts {
  /** Expected milliseconds from the start of a task of a level (and size class) until the workflow's end. */
  readonly remainingMs: (level: number, sizeClass?: number) => number;
  /** Of the workflow, Unix seconds. */
  readonly deadline?: (() => number) | undefined;
  /** Of the workflow, Unix milliseconds. */
  readonly openedAt?: (() => number) | undefined;
  /** Tasks that have not started, ready or not, as far as is known. */
  readonly left?: (() => number) | undefined;
  /** Whether its tasks clearly take longer the larger their inputs are, as far as is known. */
  readonly grows?: (() => boolean) | undefined;
}

/** What is worked out from lanes, and whether they have changed since. */
export interface Watcher {
  isStale: boolean;
}

/** Ready tasks of one step, in the order in which they start. */
export class Lane<T extends ReadyTask = ReadyTask> {
  private watchers: readonly Watcher[] = NONE;
  /** By size class, where larger inputs take longer; all of its tasks are in these then. */
  private parts: Map<number | undefined, Lane<T>> | undefined;
  private readonly whole: readonly Lane<T>[] = [this];
  private readonly heap = new Heap<T>(
    (a, b) => a.level < b.level || (a.level === b.level && a.index < b.index),
  );
  // What every run of the matcher asks of every lane, so that it need not go through the heap to the task.
  private count = 0;
  private head: T | undefined;
  private headLevel = 0;
  private plain = false;

  constructor(
    readonly terms: LaneTerms,
    private readonly facts: LaneFacts,
    /** Of which this has the tasks of one size class. */
    private readonly of?: Lane<T>,
  ) {}

  /** Expected milliseconds from the start of a task of a level until the workflow's end. */
  remainingMs(level: number): number {
    return this.facts.remainingMs(level, this.terms.sized?.sizeClass);
  }

  /** Of the workflow, Unix seconds. */
  get deadline(): number {
    return this.facts.deadline?.() ?? 0;
  }

  /** Of the workflow, Unix milliseconds. */
  get openedAt(): number {
    return this.facts.openedAt?.() ?? 0;
  }

  /** Tasks that have not started, ready or not, as far as is known. */
  get left(): number {
    return this.facts.left?.() ?? this.size;
  }

  /** Whether tasks are apart by the size of their inputs. */
  get isSized(): boolean {
    return this.parts !== undefined;
  }

  get size(): number {
    if (!this.parts) return this.count;
    let size = 0;
    for (const { count } of this.parts.values()) size += count;
    return size;
  }

  /** Level of the first task. */
  get level(): number {
    return this.first()?.headLevel ?? 0;
  }

  /**
   * Whether the first task is what the terms say: nobody has failed it, all of the ceiling is offered for it, and it has no inputs that some
   * have already.
   */
  get isPlain(): boolean {
    const first = this.first();
    if (!first?.head) return false;
    // An offer may rise while the task is here; nothing else changes.
    return (first.plain ||= isPlain(first.head));
  }

  /** From now on it is told when tasks come or go. */
  watch(watcher: Watcher): void {
    this.watchers = [...this.watchers, watcher];
  }

  unwatch(watcher: Watcher): void {
    this.watchers = this.watchers.filter((one) => one !== watcher);
  }

  add(task: T): void {
    const part = this.partOf(task);
    if (part.heap.has(task)) return;
    part.heap.push(task);
    part.changed();
  }

  has(task: T): boolean {
    return this.partOf(task).heap.has(task);
  }

  remove(task: T): void {
    const part = this.partOf(task);
    if (part.heap.remove(task)) part.changed();
  }

  peek(): T | undefined {
    return this.first()?.head;
  }

  pop(): T | undefined {
    const first = this.first();
    const task = first?.heap.pop();
    first?.changed();
    return task;
  }

  /** @returns the lanes of tasks that take as long, of those that there are: where sizes matter, one for each size class */
  ready(): readonly Lane<T>[] {
    if ((this.facts.grows?.() ?? false) !== this.isSized) this.sortAnew();
    if (this.parts) return [...this.parts.values()].filter(({ count }) => count > 0);
    return this.count > 0 ? this.whole : NONE;
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
    const { remainingMs, deadline, openedAt } = this.facts;
    return new Lane(terms, { remainingMs, deadline, openedAt }, this);
  }

  private first(): Lane<T> | undefined {
    if (!this.parts) return this;
    for (const part of this.parts.values()) if (part.count > 0) return part;
    return undefined;
  }

  private changed(): void {
    const { heap } = this;
    this.count = heap.size;
    this.head = heap.peek();
    this.headLevel = this.head?.level ?? 0;
    this.plain = false;
    for (const watcher of (this.of ?? this).watchers) watcher.isStale = true;
  }

  /** It was found out whether sizes matter. */
  private sortAnew(): void {
    const tasks: T[] = [];
    for (let task = this.pop(); task; task = this.pop()) tasks.push(task);
    this.parts = this.parts ? undefined : new Map();
    for (const task of tasks) this.add(task);
  }
}

const isPlain = ({ avoid, offerBps, haul }: ReadyTask): boolean =>
  avoid.size === 0 && offerBps === FULL_BPS && !haul;
