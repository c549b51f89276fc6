/** Who calls it: the task runner, and the schedule that foretells what it will do. Pure: what of the offer is in use, and what starts next. */
import type { Resources } from "../../protocol/spec";

/** What a run takes of the offer; each of its GPUs has the memory that it asked for, or the assignment was refused. */
export type Need = Pick<Resources, "cores" | "memoryMb" | "gpus">;

const NAMES = ["cores", "memoryMb", "gpus"] as const;

/** What an operator offers, and how much of it its runs use. */
export class Room {
  private readonly used: Need = { cores: 0, memoryMb: 0, gpus: 0 };
  private runs = 0;

  /** @param concurrency most runs at the same time */
  constructor(
    private readonly offer: Need,
    private readonly concurrency: number,
  ) {}

  get isFull(): boolean {
    return this.runs >= this.concurrency;
  }

  fits(need: Need): boolean {
    return !this.isFull && NAMES.every((name) => this.used[name] + need[name] <= this.offer[name]);
  }

  take(need: Need): void {
    this.runs++;
    for (const name of NAMES) this.used[name] += need[name];
  }

  giveBack(need: Need): void {
    this.runs--;
    for (const name of NAMES) this.used[name] -= need[name];
  }
}

/** Tasks of one assignment that wait, and need the same. */
export interface Waiting<T> {
  need: Need;
  tasks: Iterable<T>;
}

/**
 * Starts what there is room for: in the order of the queue, but a later task that fits may pass one that does not.
 * @param start begins a task; false: it is not to be run any more
 */
export function startWaiting<T>(
  room: Room,
  queue: Iterable<Waiting<T>>,
  start: (task: T) => boolean,
): void {
  for (const { need, tasks } of queue) {
    if (room.isFull) return;
    if (!room.fits(need)) continue;
    for (const task of tasks) {
      if (start(task)) room.take(need);
      if (!room.fits(need)) break;
    }
  }
}
