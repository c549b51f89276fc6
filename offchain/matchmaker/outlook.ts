import type { Resources } from "../../protocol/spec";
import type { Reservations } from "../runtime/reservation";

const KINDS = ["cores", "memoryMb", "gpus"] as const;

// Numbers of one machine, in a row. Three at a place are by kind.
/** Run in which it was promised to anybody last. */
const RUN = 0;
/** When the first of these tasks should start, Unix milliseconds. */
const FROM = 1;
/** Milliseconds of the whole machine, by what they are short of there. */
const TIME = 2;
/** What tasks side by side take of it. */
const BESIDE = 5;
/** What it has; no cores: that is not looked up yet. */
const TOTAL = 8;
const WIDTH = 11;

/** Tasks that a machine is promised to. */
export interface Promised {
  /** By its place in the reservations. */
  machine: number;
  /** When the first of them should start, Unix milliseconds. */
  from: number;
  /** Of one of them. */
  taskMs: number;
  count: number;
}

/** What a task takes of machines that are not looked at. */
export interface Debt {
  /** What it is short of there, as a place in KINDS, and its share of that. */
  kind: number;
  share: number;
  taskMs: number;
}

/**
 * Which machines wait for tasks that are more urgent than those that are looked at now. A run of the matcher promises hundreds, so what is
 * noted is overwritten in the next. Machines are named by their places in the reservations.
 */
export class Outlook {
  /** Rows, by the machines' places in the reservations. */
  private numbers = new Float64Array(16 * WIDTH);
  private run = 1;
  /** Changed machines that the rows know. */
  private asOf = 0;
  /** Milliseconds of whole machines that tasks will take of those that were not looked at, by kind. */
  private readonly owed = new Float64Array(KINDS.length);

  constructor(private readonly reservations: Reservations) {}

  /** Takes back all promises: another run begins. */
  clear(): void {
    this.run++;
    this.owed.fill(0);
  }

  /** The share that a task takes of what it is short of on a machine first: as many fit side by side as that goes into 1. */
  shareOf(machine: number, need: Resources): number {
    const at = this.rowOf(machine);
    return this.share(at, need, this.scarcest(at, need));
  }

  /** Promises a machine to tasks that need so much each. */
  promise({ machine, from, taskMs, count }: Promised, need: Resources): void {
    const at = this.rowOf(machine);
    const { numbers, run } = this;
    if (numbers[at + RUN] !== run) {
      numbers.fill(0, at, at + TOTAL);
      numbers[at + RUN] = run;
      numbers[at + FROM] = from;
    }
    numbers[at + FROM] = Math.min(numbers[at + FROM]!, from);
    const kind = this.scarcest(at, need);
    const share = this.share(at, need, kind);
    numbers[at + TIME + kind]! += count * taskMs * share;
    const beside = Math.min(count, Math.max(1, Math.floor(1 / share)));
    numbers[at + BESIDE]! += need.cores * beside;
    numbers[at + BESIDE + 1]! += need.memoryMb * beside;
    numbers[at + BESIDE + 2]! += need.gpus * beside;
  }

  /** What one of such tasks takes of machines such as `machine`. */
  debtOf(machine: number, need: Resources, taskMs: number): Debt {
    const at = this.rowOf(machine);
    const kind = this.scarcest(at, need);
    return { kind, taskMs, share: this.share(at, need, kind) };
  }

  /** Notes so many tasks that machines will take which are not looked at. */
  owe({ kind, taskMs, share }: Debt, count: number): void {
    this.owed[kind]! += count * taskMs * share;
  }

  /** @returns how many tasks these machines could have taken in that time, if they are such as `machine` */
  owedTasks(machine: number, need: Resources, taskMs: number): number {
    const { kind, share } = this.debtOf(machine, need, taskMs);
    return this.owed[kind]! / (taskMs * share);
  }

  /** Whether a machine was promised to any task. */
  isPromised(machine: number): boolean {
    return this.numbers[this.rowOf(machine) + RUN] === this.run;
  }

  /** Milliseconds by which a task that is short of the same must wait for what the machine was promised to. */
  delayOf(machine: number, need: Resources): number {
    const at = this.rowOf(machine);
    if (this.numbers[at + RUN] !== this.run) return 0;
    return this.numbers[at + TIME + this.scarcest(at, need)]!;
  }

  /** Whether a task that starts now, and ends at `end`, would be in the way of one that the machine was promised to. */
  isInTheWay(machine: number, need: Resources, end: number): boolean {
    const at = this.rowOf(machine);
    const { numbers } = this;
    if (numbers[at + RUN] !== this.run || end <= numbers[at + FROM]!) return false;
    const { cores, memoryMb, gpus } = this.reservations.bookedAt(machine);
    return (
      this.isShort(at, 0, need.cores, cores) ||
      this.isShort(at, 1, need.memoryMb, memoryMb) ||
      this.isShort(at, 2, need.gpus, gpus)
    );
  }

  /** Whether so much more does not fit beside what is booked and promised. */
  private isShort(at: number, kind: number, needed: number, booked: number): boolean {
    const { numbers } = this;
    return (
      needed > 0 && booked + numbers[at + BESIDE + kind]! + needed > numbers[at + TOTAL + kind]!
    );
  }

  /** What a task is short of on a machine first: its place in KINDS. */
  private scarcest(at: number, need: Resources): number {
    const { numbers } = this;
    const cores = need.cores / numbers[at + TOTAL]!;
    const memory = need.memoryMb / numbers[at + TOTAL + 1]!;
    const most = Math.max(cores, memory);
    let kind = memory > cores ? 1 : 0;
    if (need.gpus > 0 && need.gpus / numbers[at + TOTAL + 2]! >= most) kind = 2;
    return kind;
  }

  private share(at: number, need: Resources, kind: number): number {
    return need[KINDS[kind]!] / this.numbers[at + TOTAL + kind]!;
  }

  /** @returns where a machine's row begins */
  private rowOf(machine: number): number {
    if (this.asOf !== this.reservations.redeclared) this.forget();
    const at = machine * WIDTH;
    if (at >= this.numbers.length) this.grow(at + WIDTH);
    if (this.numbers[at + TOTAL] === 0) this.measure(machine, at);
    return at;
  }

  private measure(machine: number, at: number): void {
    const { cores, memoryMb, gpus } = this.reservations.totalsAt(machine);
    this.numbers[at + TOTAL] = cores;
    this.numbers[at + TOTAL + 1] = memoryMb;
    this.numbers[at + TOTAL + 2] = gpus.length;
  }

  /** Machines have something else than before. */
  private forget(): void {
    this.asOf = this.reservations.redeclared;
    for (let at = 0; at < this.numbers.length; at += WIDTH) this.numbers[at + TOTAL] = 0;
  }

  private grow(least: number): void {
    const more = new Float64Array(Math.max(least, 2 * this.numbers.length));
    more.set(this.numbers);
    this.numbers = more;
  }
}
