import type { LaneTerms } from "../runtime/ready-queue";
import { aheadOf, aheadOfAll, firstScoreOf } from "./ahead";
import type { Rejection } from "./decision";
import type { Outlook } from "./outlook";
import { startsIn, type Prospect, type Seen } from "./prospect";

// Of many operators, those that were not looked at for a task. Pure.

/** So many of them are counted at most. */
const MOST_COUNTED = 512;

/** @returns what was seen of an operator, for a task that takes so many times as long */
export function sizedAs(then: Seen, factor: number): Seen {
  if (factor === 1) return then;
  const { seen, asOf } = then;
  const { taskMs, everyMs } = seen;
  return { asOf, seen: { ...seen, taskMs: factor * taskMs, everyMs: factor * everyMs } };
}

/** They count as they were when they were last looked at. */
export class Rest {
  /**
   * @param busy all, those that should finish a first task soonest first
   * @param from the first of them that was not looked at
   * @param fits who may have the task
   * @param free how many could start now
   * @param rejected why others can't; those who were looked at are among them
   * @param factor how many times as long the task takes as those that they were looked at for
   */
  constructor(
    private readonly busy: readonly Seen[],
    private readonly from: number,
    private readonly fits: (seen: Prospect) => boolean,
    private readonly now: number,
    readonly free: number,
    readonly rejected: ReadonlyMap<Rejection, ReadonlySet<string>>,
    private readonly factor: number,
  ) {}

  /** The first that is busy. */
  first(): Prospect | undefined {
    for (let i = this.from; i < this.busy.length; i++) {
      const then = sizedAs(this.busy[i]!, this.factor);
      if (this.fits(then.seen)) return { ...then.seen, startMs: startsIn(then, this.now) };
    }
    return undefined;
  }

  /** @returns how many tasks they should finish before a score is reached, counted up to `enough` or a bit more */
  ahead(level: number, enough: number): number {
    let ahead = 0;
    const end = Math.min(this.busy.length, this.from + MOST_COUNTED);
    for (let i = this.from; i < end && ahead < enough; i++) {
      const then = sizedAs(this.busy[i]!, this.factor);
      if (!this.fits(then.seen)) continue;
      const more = aheadOf(then.seen, level, startsIn(then, this.now));
      if (more === 0) break;
      ahead += more;
    }
    return ahead;
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
  const owed = outlook.owedTasks(first.operator.registration.machine.id, resources, first.taskMs);
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

/** Tasks that are left to operators that were not looked at, and of one of those the machine, and what a task takes on it. */
export interface LeftToRest {
  machine: string;
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
  const { taskMs, operator } = first;
  const placed = Math.max(1, Math.min(count, aheadOfAll(busy, firstScoreOf(first))));
  const { id: machine } = operator.registration.machine;
  return { placed, others: { machine, taskMs, count: count - placed } };
}
