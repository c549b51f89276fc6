import type { LaneTerms } from "../runtime/ready-queue";
import { Sorted } from "../runtime/sorted";
import { firstScoreOf } from "./ahead";
import type { Rejection } from "./decision";
import type { FleetOperator } from "./fleet";
import { unable } from "./filter";
import { Places } from "./places";
import type { Prospect, Prospects } from "./prospect";
import { Rest, type Fits } from "./rest";

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
  private readonly places = new Places();
  /** Who was looked at last comes last. */
  private readonly placeOf = new Map<FleetOperator, number>();
  private readonly free = new Sorted<number>((a, b) => this.places.byKey(a, b));
  private readonly busy = new Sorted<number>((a, b) => this.places.byKey(a, b));
  private readonly newcomers = new Sorted<number>((a, b) => this.places.bySince(a, b));
  private readonly rejected = new Map<Rejection, Set<string>>();
  private readonly rejections = new Map<FleetOperator, Rejection>();
  private turn: Iterator<FleetOperator> | undefined;
  /** By place, of those who have room: how they stand in the run of which this is. */
  private readonly stands: (Prospect | undefined)[] = [];
  private view: Prospects | undefined;
  /** Busy ones that have changed, and are as busy. */
  private readonly due = new Set<FleetOperator>();

  constructor(private readonly terms: LaneTerms) {}

  /** An operator has changed: it is looked at again, now or, if it is as busy, when its turn comes. */
  note(operator: FleetOperator, view: Prospects): void {
    const place = this.placeOf.get(operator);
    if (place !== undefined && this.places.isBusy(place) && view.isBusy(operator, this.terms))
      this.due.add(operator);
    else this.look(operator, view);
  }

  /** Looks at an operator again. */
  look(operator: FleetOperator, view: Prospects): void {
    this.remove(operator);
    if (!operator.programs.has(this.terms.program)) return;
    const why = unable(operator, this.terms);
    const seen = why ? undefined : view.look(operator, this.terms);
    if (!seen) {
      this.reject(operator, why ?? "offer");
      return;
    }
    const { now } = view;
    const place = this.places.add(seen, keyOf(seen, now), now);
    this.placeOf.set(operator, place);
    if (seen.busy) {
      this.busy.add(place);
      this.reject(operator, seen.busy);
      return;
    }
    if (this.view !== view) this.forget(view);
    this.stands[place] = seen;
    this.free.add(place);
    if (view.isNewcomer(operator)) this.newcomers.add(place);
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
      const place = this.busy.items[i]!;
      if (this.places.roomAt(place) > view.now) continue;
      const operator = this.places.operatorOf(place);
      if (!this.due.has(operator)) turn.push(operator);
    }
    const next = this.next();
    if (next && !turn.includes(next)) turn.push(next);
    for (const operator of turn) this.look(operator, view);
  }

  /** @returns whose turn it is, of all operators that could take such tasks, now or later */
  private next(): FleetOperator | undefined {
    this.turn ??= [...this.placeOf.keys()].values();
    const { value, done } = this.turn.next();
    if (done) this.turn = undefined;
    return value && this.placeOf.has(value) ? value : undefined;
  }

  /**
   * @param fits whether one is worth looking at
   * @param terms of tasks of a size class
   * @param factor how many times as long they take as tasks of any
   */
  best(view: Prospects, fits: Fits, terms: LaneTerms = this.terms, factor = 1): Best {
    const { places } = this;
    const { now } = view;
    const prospects: Prospect[] = [];
    let free = 0;
    for (const place of this.free.items) {
      if (free === BEST) break;
      if (!fits(places.operatorOf(place), places.priceOf(place))) continue;
      // However many are kept for others, somebody who is not may come after them.
      const prospect = view.promised(this.standing(place, view, terms), terms);
      if (!prospect.busy) free++;
      if (!prospect.busy || prospects.length < MOST_SEEN) prospects.push(prospect);
    }
    const newcomers = Math.min(BEST_NEWCOMERS, this.newcomers.items.length);
    for (let i = 0; i < newcomers; i++) {
      const place = this.newcomers.items[i]!;
      const operator = places.operatorOf(place);
      if (!fits(operator, places.priceOf(place))) continue;
      if (!prospects.some((p) => p.operator === operator))
        prospects.push(view.promised(this.standing(place, view, terms), terms));
    }
    const others = this.free.items.length - prospects.length;
    const last = prospects.length + MOST_SEEN;
    let busy = 0;
    let next = 0;
    for (const place of this.busy.items) {
      if (busy === BEST || prospects.length === last) break;
      next++;
      if (!fits(places.operatorOf(place), places.priceOf(place))) continue;
      // Nobody is chosen among these: how long they will be is known well enough.
      const machine = places.machineOf(place);
      const roomMs = places.roomIn(place, now);
      const startMs = view.startMs(machine, terms, roomMs);
      prospects.push(places.prospect(place, factor, startMs, roomMs));
      // Who was promised to others may be no longer among the best.
      if (!view.isPromised(machine)) busy++;
    }
    const rest = new Rest(places, this.busy.items, next, fits, now, others, this.rejected, factor);
    return { prospects, rest };
  }

  /** One that has room as it stands now, if its machine was promised to nobody. */
  private standing(place: number, view: Prospects, terms: LaneTerms): Prospect {
    const operator = this.places.operatorOf(place);
    // Of another size.
    if (terms.sized) return view.look(operator, terms)!;
    if (this.view !== view) this.forget(view);
    return (this.stands[place] ??= view.look(operator, terms)!);
  }

  /** Another run has begun. */
  private forget(view: Prospects): void {
    this.stands.length = 0;
    this.view = view;
  }

  private remove(operator: FleetOperator): void {
    this.due.delete(operator);
    const place = this.placeOf.get(operator);
    if (place !== undefined) {
      this.placeOf.delete(operator);
      if (this.places.isBusy(place)) this.busy.remove(place);
      else {
        this.free.remove(place);
        this.newcomers.remove(place);
      }
      this.stands[place] = undefined;
      this.places.drop(place);
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
