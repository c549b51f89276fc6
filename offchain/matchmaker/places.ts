import type { FleetOperator } from "./fleet";
import type { Pool } from "./pool";
import { blank, type Prospect } from "./prospect";

// Numbers of one place, in a row: milliseconds where nothing else is said.
const ROOM = 0;
const START = 1;
const TASK = 2;
const EVERY = 3;
/** A factor. */
const WEIGHT = 4;
/** Units. */
const PRICE = 5;
/** When it was seen, Unix. */
const AS_OF = 6;
/** By which it is ranked. */
const KEY = 7;
/** When it was last given work, Unix. */
const SINCE = 8;
/** A share. */
const FAILURE_RATE = 9;
const WIDTH = 10;

/** Operators as they were when they were last looked at. There are many, and counting them must not take long: a place is a row of numbers. */
export class Places {
  private numbers = new Float64Array(64 * WIDTH);
  private readonly operators: FleetOperator[] = [];
  private readonly busy: Prospect["busy"][] = [];
  private readonly prices: bigint[] = [];
  /** By their places in the reservations. */
  private readonly machines: number[] = [];

  /** @returns a place for an operator; nothing is known of it before `see` */
  open(operator: FleetOperator): number {
    return this.operators.push(operator) - 1;
  }

  /**
   * Notes how an operator was seen.
   * @param key by which it is ranked
   * @param now Unix milliseconds
   */
  see(place: number, seen: Prospect, key: number, now: number): void {
    this.busy[place] = seen.busy;
    this.prices[place] = seen.price;
    this.machines[place] = seen.machine;
    const at = place * WIDTH;
    if (at >= this.numbers.length) this.grow(at + WIDTH);
    const { numbers } = this;
    numbers[at + ROOM] = seen.roomMs;
    numbers[at + START] = seen.startMs;
    numbers[at + TASK] = seen.taskMs;
    numbers[at + EVERY] = seen.everyMs;
    numbers[at + WEIGHT] = seen.weight;
    numbers[at + PRICE] = Number(seen.price);
    numbers[at + AS_OF] = now;
    numbers[at + KEY] = key;
    numbers[at + SINCE] = seen.operator.lastAssignedAt;
    numbers[at + FAILURE_RATE] = seen.failureRate;
  }

  operatorOf(place: number): FleetOperator {
    return this.operators[place]!;
  }

  /** Place of its machine in the reservations. */
  machineOf(place: number): number {
    return this.machines[place]!;
  }

  isBusy(place: number): boolean {
    return this.busy[place] !== undefined;
  }

  /** Units. */
  priceOf(place: number): number {
    return this.numbers[place * WIDTH + PRICE]!;
  }

  /** When it should have had room, Unix milliseconds. */
  roomAt(place: number): number {
    return this.numbers[place * WIDTH + AS_OF]! + this.numbers[place * WIDTH + ROOM]!;
  }

  /** When it was last looked at, Unix milliseconds. */
  asOf(place: number): number {
    return this.numbers[place * WIDTH + AS_OF]!;
  }

  /** @returns milliseconds from now until it should have room, as it was expected to; below 0 when it should have had */
  roomIn(place: number, now: number): number {
    return this.numbers[place * WIDTH + ROOM]! + this.numbers[place * WIDTH + AS_OF]! - now;
  }

  /** @returns milliseconds from now until it should be able to start, if nothing has changed since */
  startsIn(place: number, now: number): number {
    const { numbers } = this;
    return Math.max(1, numbers[place * WIDTH + START]! + numbers[place * WIDTH + AS_OF]! - now);
  }

  /**
   * @param factor how many times as long a task takes as those that it was looked at for
   * @returns how many tasks one after another it should finish before a score is reached; see aheadOf
   */
  aheadOf(place: number, factor: number, level: number, now: number): number {
    const { numbers } = this;
    const at = place * WIDTH;
    const left = level / numbers[at + WEIGHT]! - this.startsIn(place, now);
    return Math.max(
      0,
      Math.ceil((left - factor * numbers[at + TASK]!) / (factor * numbers[at + EVERY]!)),
    );
  }

  /** @returns what was seen, for tasks that take `factor` times as long, with when it can start now: milliseconds */
  prospect(
    place: number,
    factor: number,
    startMs: number,
    roomMs: number,
    pool: Pool<Prospect>,
  ): Prospect {
    const { numbers } = this;
    const at = place * WIDTH;
    const operator = this.operators[place]!;
    const seen = pool.take() ?? pool.add(blank(operator));
    seen.operator = operator;
    seen.machine = this.machines[place]!;
    seen.busy = this.busy[place];
    seen.startMs = startMs;
    seen.roomMs = roomMs;
    seen.taskMs = factor * numbers[at + TASK]!;
    seen.everyMs = factor * numbers[at + EVERY]!;
    seen.price = this.prices[place]!;
    seen.failureRate = numbers[at + FAILURE_RATE]!;
    seen.weight = numbers[at + WEIGHT]!;
    return seen;
  }

  /** Who was given work longest ago comes first. @returns below 0 when that is `a` */
  bySince(a: number, b: number): number {
    return this.byNumber(SINCE, a, b);
  }

  /** The cheapest comes first. @returns below 0 when that is `a` */
  byPrice(a: number, b: number): number {
    return this.byNumber(PRICE, a, b);
  }

  /** Milliseconds. */
  taskMsOf(place: number): number {
    return this.numbers[place * WIDTH + TASK]!;
  }

  /** @returns below 0 when `a` is better */
  byKey(a: number, b: number): number {
    const { numbers } = this;
    return numbers[a * WIDTH + KEY]! - numbers[b * WIDTH + KEY]! || this.bySince(a, b);
  }

  private byNumber(number: number, a: number, b: number): number {
    const { numbers, operators } = this;
    const more = numbers[a * WIDTH + number]! - numbers[b * WIDTH + number]!;
    if (more) return more;
    if (a === b) return 0;
    return operators[a]!.address < operators[b]!.address ? -1 : 1;
  }

  private grow(least: number): void {
    const more = new Float64Array(Math.max(least, 2 * this.numbers.length));
    more.set(this.numbers);
    this.numbers = more;
  }
}
