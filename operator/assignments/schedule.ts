/** Who calls it: verify-assignment.ts. Pure: when the task runner will have done what the operator holds. */
import { Room, startWaiting, type Need, type Waiting } from "../tasks/room";

/** Times are milliseconds from now. */
export interface RunningTask {
  need: Need;
  /** Expected until its end. */
  remainingMs: number;
}

/** Tasks of one assignment that wait: all alike. */
export interface Lot {
  need: Need;
  count: number;
  /** Of each. */
  expectedMs: number;
  /** When each must have ended. */
  latestEndMs: number;
}

/** What an operator holds that takes its machine. */
export interface Workload {
  running: RunningTask[];
  /** In the order in which the task runner looks at them. */
  waiting: Lot[];
}

/** What an operator offers. */
export interface Capacity {
  offer: Need;
  concurrency: number;
}

/** Part of the claim time that the work may be expected to fill; the rest is for uploads and blocks. */
const USABLE_CLAIM_TIME = 0.8;
/** Rounds of a program that never ran here that fill the usable claim time: so many are accepted at once. */
const UNCALIBRATED_ROUNDS = 8;

/** @param claimTime of the step, seconds @returns milliseconds of it that work may be expected to fill */
export const usableMs = (claimTime: number): number => claimTime * 1000 * USABLE_CLAIM_TIME;

/** @param deadline of a claim, and `now`: Unix times of the chain, seconds @returns milliseconds from now until its work must have ended */
export const usableUntilMs = (deadline: number, now: number, claimTime: number): number =>
  (deadline - now) * 1000 - (claimTime * 1000 - usableMs(claimTime));

/**
 * @param meanMs of the program here; undefined: it never ran here, and is taken to need a part of the claim time
 * @returns milliseconds that a task is expected to run
 */
export function expectedMs(
  meanMs: number | undefined,
  claimTime: number,
  runSeconds: number,
): number {
  const guess = Math.floor(usableMs(claimTime) / UNCALIBRATED_ROUNDS);
  return meanMs ?? Math.min(guess, runSeconds * 1000);
}

/**
 * A run that takes longer than expected is taken to go on for as long as it is late, but no longer than its limit lets it.
 * @returns milliseconds until a run's end
 */
export function remainingMs(expected: number, elapsedMs: number, runSeconds: number): number {
  const most = Math.max(0, runSeconds * 1000 - elapsedMs);
  return Math.min(Math.abs(expected - elapsedMs), most);
}

/** Runs by rising end; of those that end together the first that began goes first. */
class Ends {
  private readonly list: { at: number; need: Need }[] = [];

  add(at: number, need: Need): void {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      // Falling, so that the next end is the last entry.
      if (this.list[middle]!.at > at) low = middle + 1;
      else high = middle;
    }
    this.list.splice(low, 0, { at, need });
  }

  next(): { at: number; need: Need } | undefined {
    return this.list.pop();
  }
}

/** A lot as far as its tasks have started. */
class OpenLot implements Waiting<OpenLot> {
  readonly starts: number[] = [];

  constructor(private readonly lot: Lot) {}

  get need(): Need {
    return this.lot.need;
  }
  get left(): number {
    return this.lot.count - this.starts.length;
  }
  get tasks(): Iterable<OpenLot> {
    return this.unstarted();
  }
  /** @returns its end */
  start(now: number): number {
    this.starts.push(now);
    return now + this.lot.expectedMs;
  }
  private *unstarted(): Generator<OpenLot> {
    while (this.left > 0) yield this;
  }
}

/**
 * Foretells what the task runner does, if every run takes as long as expected. At each end of a run it looks at each lot once at most.
 * @returns for each lot when its tasks start, rising; Infinity for those that never do
 */
export function startsOf({ offer, concurrency }: Capacity, work: Workload): number[][] {
  const room = new Room(offer, concurrency);
  const ends = new Ends();
  for (const run of work.running) {
    room.take(run.need);
    ends.add(run.remainingMs, run.need);
  }
  const lots = work.waiting.map((lot) => new OpenLot(lot));
  let open = lots;
  for (let now = 0; ;) {
    startWaiting(room, open, (lot) => {
      ends.add(lot.start(now), lot.need);
      return true;
    });
    open = open.filter(({ left }) => left > 0);
    const end = open.length > 0 ? ends.next() : undefined;
    if (!end) break;
    now = end.at;
    room.giveBack(end.need);
  }
  for (const lot of open) while (lot.left > 0) lot.start(Infinity);
  return lots.map(({ starts }) => starts);
}

/** A task that would end too late. */
export interface Late {
  /** Whether it is one of those that are offered; else it was accepted before, and would be late because of them. */
  isOffered: boolean;
  endMs: number;
  latestEndMs: number;
}

/**
 * Looks for a task that could not be done in time, were some more accepted. What is late already is held against nobody who does not
 * delay it further: a later task may pass one that waits for more room.
 */
export function lateWith(capacity: Capacity, work: Workload, offered: Lot): Late | undefined {
  const lots = [...work.waiting, offered];
  const starts = startsOf(capacity, { ...work, waiting: lots });
  let before: number[][] | undefined;
  for (const [i, { expectedMs: ms, latestEndMs }] of lots.entries())
    for (const [k, start] of starts[i]!.entries()) {
      const endMs = start + ms;
      if (endMs <= latestEndMs) continue;
      const isOffered = i === work.waiting.length;
      if (isOffered) return { isOffered, endMs, latestEndMs };
      before ??= startsOf(capacity, work);
      if (start > before[i]![k]!) return { isOffered, endMs, latestEndMs };
    }
  return undefined;
}
