import type { LaneTerms } from "../runtime/ready-queue";
import { aheadOfAll, firstScoreOf } from "./ahead";
import type { Rejection } from "./decision";
import type { FleetOperator } from "./fleet";
import type { Outlook } from "./outlook";
import type { Places } from "./places";
import type { Prospect } from "./prospect";

// Of many operators, those that were not looked at for a task. Pure.

/** So many of them are counted at most. */
const MOST_COUNTED = 512;

/** Who may have a task. @param price units that it asks for */
export type Fits = (operator: FleetOperator, price: number) => boolean;

/** They count as they were when they were last looked at. */
export class Rest {
  /**
   * @param busy places of all, those that should finish a first task soonest first
   * @param from the first of them that was not looked at
   * @param fits who may have the task
   * @param free how many could start now
   * @param rejected why others can't; those who were looked at are among them
   * @param factor how many times as long the task takes as those that they were looked at for
   */
  constructor(
    private readonly places: Places,
    private readonly busy: readonly number[],
    private readonly from: number,
    private readonly fits: Fits,
    private readonly now: number,
    readonly free: number,
    readonly rejected: ReadonlyMap<Rejection, ReadonlySet<string>>,
    private readonly factor: number,
  ) {}

  /** The first that is busy. */
  first(): Prospect | undefined {
    const { places, busy, now } = this;
    for (let i = this.from; i < busy.length; i++) {
      const place = busy[i]!;
      if (!this.has(place)) continue;
      const startMs = places.startsIn(place, now);
      return places.prospect(place, this.factor, startMs, startMs);
    }
    return undefined;
  }

  /** @returns how many tasks they should finish before a score is reached, counted up to `enough` or a bit more */
  ahead(level: number, enough: number): number {
    const { places, busy, now, factor } = this;
    let ahead = 0;
    const end = Math.min(busy.length, this.from + MOST_COUNTED);
    for (let i = this.from; i < end && ahead < enough; i++) {
      const place = busy[i]!;
      if (!this.has(place)) continue;
      const more = places.aheadOf(place, factor, level, now);
      if (more === 0) break;
      ahead += more;
    }
    return ahead;
  }

  private has(place: number): boolean {
    return this.fits(this.places.operatorOf(place), this.places.priceOf(place));
  }
}

/**
 * How many tasks busy operators should finish before a score is reached.
 * @param looked tasks that those should who were looked at
 * @param enough it is counted no further
 * @returns less what more urgent tasks will need them for; it may be below 0
 */
export function aheadWithRest(
  looked: number,
  rest: Rest,
  outlook: Outlook,
  { resources }: LaneTerms,
  level: number,
  enough: number,
): number {
  const first = rest.first();
  if (!first) return looked;
  const owed = outlook.owedTasks(first.machine, resources, first.taskMs);
  return looked - owed + rest.ahead(level, enough + owed - looked);
}

/** @returns how many tasks of one kind, those that wait among them, busy operators should finish before a score is reached */
export function aheadBeside(
  busy: Prospect[],
  rest: Rest,
  outlook: Outlook,
  terms: LaneTerms,
  level: number,
): number {
  if (level === Infinity) return Infinity;
  return aheadWithRest(aheadOfAll(busy, level), rest, outlook, terms, level, Infinity);
}

/** Tasks that are left to operators that were not looked at, and of one of those the machine, by its place in the reservations, and what a task takes on it. */
export interface LeftToRest {
  machine: number;
  taskMs: number;
  count: number;
}

/**
 * Leaves to the rest the tasks that it should take before those who were looked at could.
 * @param busy those who were
 * @returns how many are left for them, at least 1, and what to say of the others
 */
export function leaveToRest(
  rest: Rest,
  busy: Prospect[],
  count: number,
): { placed: number; others?: LeftToRest } {
  const first = rest.first();
  if (!first) return { placed: count };
  const { taskMs, machine } = first;
  const placed = Math.max(1, Math.min(count, aheadOfAll(busy, firstScoreOf(first))));
  return { placed, others: { machine, taskMs, count: count - placed } };
}
