import type { LaneTerms } from "../runtime/ready-queue";
import { spread } from "./ahead";
import type { Outlook } from "./outlook";
import { leaveToRest, type LeftToRest } from "./rest";
import type { Survey } from "./survey";

// Whom tasks wait for that nobody can start now, or should. Pure.

/** Tasks that a machine was promised to. */
interface Promised {
  machine: string;
  /** When the first of them should start, Unix milliseconds. */
  from: number;
  taskMs: number;
  count: number;
}

/** Whom tasks of one kind wait for. */
export interface Wait {
  promises: readonly Promised[];
  rest?: LeftToRest;
  /** When the first of those who are waited for should have room, if others that have it are passed over; Unix milliseconds. */
  passedOver?: number;
}

/** @returns whom so many equal tasks should wait for, as things stood then, Unix milliseconds */
export function waitOf({ prospects, rest }: Survey, count: number, now: number): Wait {
  const busy = prospects.filter((p) => p.busy);
  if (busy.length === 0) return { promises: [] };
  const { placed, others } = rest ? leaveToRest(rest, busy, count) : { placed: count };
  const promises: Promised[] = [];
  let soonest = Infinity;
  for (const [i, own] of spread(busy, placed).entries()) {
    const { operator, startMs, taskMs } = busy[i]!;
    if (own === 0) continue;
    const { id: machine } = operator.registration.machine;
    promises.push({ machine, from: now + startMs, taskMs, count: own });
    soonest = Math.min(soonest, startMs);
  }
  const isPassedOver = busy.length < prospects.length;
  return {
    promises,
    ...(others && { rest: others }),
    ...(isPassedOver && { passedOver: now + soonest }),
  };
}

/** Holds for a lane the machines that it waits for: less urgent ones may use them only if they are not in the way. */
export function hold(outlook: Outlook, { resources }: LaneTerms, { promises, rest }: Wait): void {
  for (const { machine, from, taskMs, count } of promises)
    outlook.promise(machine, resources, from, taskMs, count);
  if (rest) outlook.owe(rest.machine, resources, rest.taskMs, rest.count);
}

/** Tasks of one kind that wait, and beside them others of several workflows. */
export class Beside {
  /** @param left tasks more that had better wait for the same operators */
  constructor(
    readonly wait: Wait,
    private left: number,
  ) {}

  /** @returns whether so many tasks more had better wait, too; then they do */
  takes(tasks: number, outlook: Outlook, { resources }: LaneTerms): boolean {
    if (tasks > this.left) return false;
    this.left -= tasks;
    const [first] = this.wait.promises;
    if (first) outlook.owe(first.machine, resources, first.taskMs, tasks);
    return true;
  }
}
