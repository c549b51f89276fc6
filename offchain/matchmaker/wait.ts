import type { Resources } from "../../protocol/spec";
import type { LaneTerms } from "../runtime/ready-queue";
import { aheadOf, spread, type Timing } from "./ahead";
import type { Debt, Outlook, Promised } from "./outlook";
import { leaveToRest, type LeftToRest, type Rest } from "./rest";

// Whom tasks wait for that nobody can start now, or should. Pure.

/** One of those who are busy that tasks may wait for. */
export interface Awaited extends Timing {
  /** Place of its machine in the reservations. */
  machine: number;
}

/** Whom so many tasks of one kind wait for. */
export interface Wait {
  count: number;
  promises: readonly Promised[];
  rest?: LeftToRest;
  /** When the first of those that were looked at should have room, Unix milliseconds; Infinity: there is nobody to wait for. */
  soonest: number;
}

/**
 * @param busy those who were looked at
 * @param rest of many operators, those that were not
 * @param now as of when, Unix milliseconds
 * @returns whom so many equal tasks should wait for, each where it would score best
 */
export function waitOf(
  busy: readonly Awaited[],
  rest: Rest | undefined,
  count: number,
  now: number,
): Wait {
  if (busy.length === 0) return { count, promises: [], soonest: Infinity };
  const { placed, others } = rest ? leaveToRest(rest, busy, count) : { placed: count };
  const promises: Promised[] = [];
  let soonest = Infinity;
  const { level, only } = spread(busy, placed);
  for (const one of busy) {
    const own = only ? Number(one === only) : aheadOf(one, level);
    if (own === 0) continue;
    const { machine, startMs, taskMs } = one;
    promises.push({ machine, from: now + startMs, taskMs, count: own });
    soonest = Math.min(soonest, now + startMs);
  }
  return { count, promises, ...(others && { rest: others }), soonest };
}

/** Holds for a lane the machines that it waits for: less urgent ones may use them only if they are not in the way. */
export function hold(outlook: Outlook, { resources }: LaneTerms, { promises, rest }: Wait): void {
  for (const promised of promises) outlook.promise(promised, resources);
  if (rest) outlook.owe(outlook.debtOf(rest.machine, resources, rest.taskMs), rest.count);
}

/** Tasks of one kind that wait, and beside them others of several workflows. */
export class Beside {
  /** Of each task more. */
  private debt: Debt | undefined;

  /**
   * @param need of each of the tasks
   * @param left tasks more that had better wait for the same operators
   * @param passesOver whether somebody has room
   */
  constructor(
    private readonly need: Resources,
    readonly wait: Wait,
    private left: number,
    readonly passesOver: boolean,
  ) {}

  /** @returns whether so many tasks more had better wait, too; then they do */
  takes(tasks: number, outlook: Outlook): boolean {
    if (tasks > this.left) return false;
    this.add(tasks, outlook);
    return true;
  }

  /** Has so many tasks more wait. */
  add(tasks: number, outlook: Outlook): void {
    this.left -= tasks;
    const [first] = this.wait.promises;
    if (!first) return;
    this.debt ??= outlook.debtOf(first.machine, this.need, first.taskMs);
    outlook.owe(this.debt, tasks);
  }
}
