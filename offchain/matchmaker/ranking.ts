import type { LaneTerms } from "../runtime/ready-queue";
import { Sorted } from "../runtime/sorted";
import { firstScoreOf } from "./ahead";
import type { Rejection } from "./decision";
import type { FleetOperator } from "./fleet";
import { unable } from "./filter";
import type { Prospect, Prospects, Seen } from "./prospect";
import { Rest, sizedAs } from "./rest";

/** Of so many operators all are looked at for every task; of more, the best by what was seen of them before. */
export const LOOKED_AT = 64;
/** Of more, so many that could start now and so many that are busy. */
const BEST = 24;
/** And so many newcomers that could start now. */
const BEST_NEWCOMERS = 4;
/** With those whose machines are kept for other tasks, so many of either. */
const MOST_SEEN = 2 * BEST;
/** Busy ones whose place is looked at again whenever a run asks for a ranking. */
const ROLLED = 6;
/** Of those, so many that are busy with something else than when they were last looked at. */
const MOST_DUE = 4;

/** An operator as it was when it was last looked at. */
interface Place extends Seen {
  readonly operator: FleetOperator;
  /** By which it is ranked. */
  readonly key: number;
  /** When it was last given work: who waited longest comes first. */
  readonly since: number;
  readonly isNewcomer: boolean;
}

const byAddress = (a: Place, b: Place) => (a.operator.address < b.operator.address ? -1 : 1);
const bySince = (a: Place, b: Place) => a.since - b.since || (a === b ? 0 : byAddress(a, b));
const byKey = (a: Place, b: Place) => a.key - b.key || bySince(a, b);

/** The score of the first task that it would take; of a busy one it falls with time, and for all about as fast. */
function keyOf(seen: Prospect, now: number): number {
  return firstScoreOf(seen) + (seen.busy ? now : 0);
}

/** The best operators for a task: those that could start now as they stand, busy ones as they were when last looked at. */
export interface Best {
  prospects: Prospect[];
  rest: Rest;
}

/** All operators that hold a program, as they stand for tasks of one kind. What is kept of one is as old as its last change, or a bit. */
export class Ranking {
  private readonly places = new Map<FleetOperator, Place>();
  private readonly free = new Sorted<Place>(byKey);
  private readonly busy = new Sorted<Place>(byKey);
  private readonly newcomers = new Sorted<Place>(bySince);
  private readonly rejected = new Map<Rejection, Set<string>>();
  private readonly rejections = new Map<FleetOperator, Rejection>();
  private turn: Iterator<FleetOperator> | undefined;
  /** Busy ones that have changed, and are as busy. */
  private readonly due = new Set<FleetOperator>();

  constructor(private readonly terms: LaneTerms) {}

  /** An operator has changed: it is looked at again, now or, if it is as busy, when its turn comes. */
  note(operator: FleetOperator, view: Prospects): void {
    const isBusy = this.places.get(operator)?.seen.busy && view.isBusy(operator, this.terms);
    if (isBusy) this.due.add(operator);
    else this.look(operator, view);
  }

  /** Looks at an operator again. */
  look(operator: FleetOperator, view: Prospects): void {
    this.remove(operator);
    if (!operator.programs.has(this.terms.program)) return;
    const why = unable(operator, this.terms);
    const seen = why ? undefined : view.bare(operator, this.terms);
    if (!seen) {
      this.reject(operator, why ?? "offer");
      return;
    }
    const { now } = view;
    const since = operator.lastAssignedAt;
    const isNewcomer = !seen.busy && view.isNewcomer(operator);
    const place = { operator, seen, asOf: now, key: keyOf(seen, now), since, isNewcomer };
    this.places.set(operator, place);
    if (seen.busy) {
      this.busy.add(place);
      this.reject(operator, seen.busy);
      return;
    }
    this.free.add(place);
    if (isNewcomer) this.newcomers.add(place);
  }

  /**
   * Looks again at a few busy ones: who is busy with something else, the best that should have had room by now, and whose turn it is, as who
   * does not change becomes late, and others' results change what is expected of it.
   */
  roll(view: Prospects): void {
    const turn: FleetOperator[] = [];
    for (const operator of this.due) {
      if (turn.length === MOST_DUE) break;
      turn.push(operator);
    }
    for (let i = 0; i < this.busy.items.length && i < MOST_SEEN; i++) {
      if (turn.length >= ROLLED) break;
      const { operator, seen, asOf } = this.busy.items[i]!;
      if (asOf + seen.roomMs <= view.now && !this.due.has(operator)) turn.push(operator);
    }
    const next = this.next();
    if (next && !turn.includes(next)) turn.push(next);
    for (const operator of turn) this.look(operator, view);
  }

  /** @returns whose turn it is, of all operators that could take such tasks, now or later */
  private next(): FleetOperator | undefined {
    this.turn ??= [...this.places.keys()].values();
    const { value, done } = this.turn.next();
    if (done) this.turn = undefined;
    return value && this.places.has(value) ? value : undefined;
  }

  /**
   * @param fits whether one is worth looking at
   * @param terms of tasks of a size class
   * @param factor how many times as long they take as tasks of any
   */
  best(
    view: Prospects,
    fits: (seen: Prospect) => boolean,
    terms: LaneTerms = this.terms,
    factor = 1,
  ): Best {
    const prospects: Prospect[] = [];
    let free = 0;
    for (const { operator, seen } of this.free.items) {
      if (free === BEST) break;
      if (!fits(seen)) continue;
      // However many are kept for others, somebody who is not may come after them.
      const prospect = view.of(operator, terms)!;
      if (!prospect.busy) free++;
      if (!prospect.busy || prospects.length < MOST_SEEN) prospects.push(prospect);
    }
    for (const { operator, seen } of this.newcomers.items.slice(0, BEST_NEWCOMERS))
      if (fits(seen) && !prospects.some((p) => p.operator === operator))
        prospects.push(view.of(operator, terms)!);
    const others = this.free.items.length - prospects.length;
    const last = prospects.length + MOST_SEEN;
    let busy = 0;
    let next = 0;
    for (const place of this.busy.items) {
      if (busy === BEST || prospects.length === last) break;
      next++;
      if (!fits(place.seen)) continue;
      // Nobody is chosen among these: how long they will be is known well enough.
      prospects.push(view.later(sizedAs(place, factor), terms));
      // Who was promised to others may be no longer among the best.
      if (!view.isPromised(place.operator)) busy++;
    }
    const rest = new Rest(this.busy.items, next, fits, view.now, others, this.rejected, factor);
    return { prospects, rest };
  }

  private remove(operator: FleetOperator): void {
    this.due.delete(operator);
    const place = this.places.get(operator);
    if (place) {
      this.places.delete(operator);
      (place.seen.busy ? this.busy : this.free).remove(place);
      if (place.isNewcomer) this.newcomers.remove(place);
    }
    const why = this.rejections.get(operator);
    if (!why) return;
    this.rejections.delete(operator);
    this.rejected.get(why)!.delete(operator.address);
  }

  private reject(operator: FleetOperator, why: Rejection): void {
    this.rejections.set(operator, why);
    const all = this.rejected.get(why);
    if (all) all.add(operator.address);
    else this.rejected.set(why, new Set([operator.address]));
  }
}
