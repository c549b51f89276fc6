import type { LaneTerms } from "../runtime/ready-queue";
import type { Sorted } from "../runtime/sorted";
import { aheadOfAll, firstScoreOf, type Timing } from "./ahead";
import type { FleetOperator } from "./fleet";
import type { Outlook } from "./outlook";
import type { Places } from "./places";
import { Pool } from "./pool";
import type { Prospect } from "./prospect";
import type { Rejected } from "./rejected";

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
    private readonly busy: Sorted<number>,
    private readonly from: number,
    private readonly fits: Fits,
    private readonly now: number,
    readonly free: number,
    readonly rejected: Rejected,
    private readonly factor: number,
  ) {}

  /** The first that is busy. */
  first(): Prospect | undefined {
    const { places, now, factor } = this;
    let first: Prospect | undefined;
    this.busy.each(this.from, (place) => {
      if (!this.has(place)) return true;
      const startMs = places.startsIn(place, now);
      first = places.prospect(place, factor, startMs, startMs, new Pool());
      return false;
    });
    return first;
  }

  /** @returns how many tasks they should finish before a score is reached, counted up to `enough` or a bit more */
  ahead(level: number, enough: number): number {
    const { places, now, factor } = this;
    if (enough <= 0) return 0;
    let ahead = 0;
    let left = MOST_COUNTED;
    this.busy.each(this.from, (place) => {
      if (this.has(place)) {
        const more = places.aheadOf(place, factor, level, now);
        if (more === 0) return false;
        ahead += more;
      }
      return --left > 0 && ahead < enough;
    });
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
  busy: readonly Timing[],
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
  busy: readonly Timing[],
  count: number,
): { placed: number; others?: LeftToRest } {
  const first = rest.first();
  if (!first) return { placed: count };
  const { taskMs, machine } = first;
  const placed = Math.max(1, Math.min(count, aheadOfAll(busy, firstScoreOf(first))));
  return { placed, others: { machine, taskMs, count: count - placed } };
}
