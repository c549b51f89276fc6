import { Lists } from "../runtime/lists";
import type { LaneTerms } from "../runtime/ready-queue";
import { Sorted } from "../runtime/sorted";
import { firstScoreOf } from "./ahead";
import type { FleetOperator } from "./fleet";
import { unable } from "./filter";
import { Places } from "./places";
import { Pool } from "./pool";
import type { Prospect, Prospects } from "./prospect";
import { Rejected } from "./rejected";
import { Rest, type Fits } from "./rest";

/** Of so many operators all are looked at for every task; of more, the best by what was seen of them before. */
export const LOOKED_AT = 64;
/** Of more, so many that could start now and so many that are busy. */
export const BEST = 24;
/** And so many newcomers that could start now. */
const BEST_NEWCOMERS = 4;
/** With those whose machines are kept for other tasks, so many of either. */
const MOST_SEEN = 2 * BEST;
/** Who has room, and has not changed, is not looked at again for so long, milliseconds: others' results change little of what is expected of it. */
const FRESH_MS = 1_000;
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

// What is known of an operator.
const NOTHING = 0;
/** That it can't take such tasks. */
const UNABLE = 1;
/** How it stands. */
const BUSY = 2;
const FREE = 3;

/** All operators that hold a program, as they stand for tasks of one kind. What is kept of one is as old as its last change, or a bit. */
export class Ranking {
  private readonly places = new Places();
  private readonly placeOf = new Map<FleetOperator, number>();
  /** By place, one of the above. */
  private readonly known: number[] = [];
  /** Those that could take such tasks, now or later; who was looked at last comes last. */
  private readonly looked = new Lists(1);
  /** Busy ones that have changed, and are as busy. */
  private readonly due = new Lists(1);
  private readonly rejected = new Rejected(this.places);
  private readonly free = new Sorted<number>((a, b) => this.places.byKey(a, b));
  private readonly busy = new Sorted<number>((a, b) => this.places.byKey(a, b));
  private readonly newcomers = new Sorted<number>((a, b) => this.places.bySince(a, b));
  /** All of those that could, if anybody has asked for that. */
  private priced: Sorted<number> | undefined;
  /** Whose turn it is, the last of them first. */
  private turn: number[] | undefined;
  /** By place, of those who have room: how they stand in the run of which this is. */
  private readonly stands: (Prospect | undefined)[] = [];
  private view: Prospects | undefined;
  private readonly stood = new Pool<Prospect>();
  /** Busy ones of the last time that the best were asked for: the next time writes over them. */
  private readonly shown = new Pool<Prospect>();

  constructor(private readonly terms: LaneTerms) {}

  /** An operator has changed: it is looked at again, now or, if it is as busy, when its turn comes. */
  note(operator: FleetOperator, view: Prospects): void {
    const place = this.placeOf.get(operator);
    if (place === undefined || this.known[place] !== BUSY || !view.isBusy(operator, this.terms))
      this.look(operator, view, place);
    else if (!this.due.has(place)) this.due.add(0, place);
  }

  /** Looks at an operator again. @param known its place, if it has one */
  look(operator: FleetOperator, view: Prospects, known = this.placeOf.get(operator)): void {
    if (known !== undefined) this.remove(known);
    if (!operator.programs.has(this.terms.program)) return;
    const place = known ?? this.open(operator);
    const why = unable(operator, this.terms);
    const seen = why ? undefined : view.look(operator, this.terms);
    if (!seen) {
      this.known[place] = UNABLE;
      this.rejected.add(place, why ?? "offer");
      return;
    }
    const { now } = view;
    this.places.see(place, seen, keyOf(seen, now), now);
    this.looked.add(0, place);
    this.priced?.add(place);
    if (seen.busy) {
      this.known[place] = BUSY;
      this.busy.add(place);
      this.rejected.add(place, seen.busy);
      return;
    }
    if (this.view !== view) this.forget(view);
    this.known[place] = FREE;
    this.stands[place] = seen;
    this.free.add(place);
    if (view.isNewcomer(operator)) this.newcomers.add(place);
  }

  /**
   * Looks again at a few busy ones: who is busy with something else, the best that should have had room by now, and whose turn it is, as who
   * does not change becomes late, and others' results change what is expected of it.
   */
  roll(view: Prospects): void {
    const turn: number[] = [];
    this.due.each(0, (place) => turn.push(place) < MOST_DUE);
    let left = MOST_SEEN;
    this.busy.each(0, (place) => {
      if (turn.length >= ROLLED) return false;
      if (this.places.roomAt(place) <= view.now && !this.due.has(place)) turn.push(place);
      return --left > 0;
    });
    const next = this.next();
    if (next !== undefined && !turn.includes(next)) turn.push(next);
    for (const place of turn) this.look(this.places.operatorOf(place), view, place);
  }

  private open(operator: FleetOperator): number {
    const place = this.places.open(operator);
    this.placeOf.set(operator, place);
    return place;
  }

  /** @returns whose turn it is, of all operators that could take such tasks, now or later */
  private next(): number | undefined {
    if (!this.turn) {
      this.turn = [];
      this.looked.each(0, (place) => this.turn!.push(place) > 0);
      this.turn.reverse();
    }
    const place = this.turn.pop();
    if (place === undefined) this.turn = undefined;
    return place !== undefined && this.looked.has(place) ? place : undefined;
  }

  /**
   * @param fits whether one is worth looking at
   * @param terms of tasks of a size class
   * @param factor how many times as long they take as tasks of any
   */
  best(view: Prospects, fits: Fits, terms: LaneTerms = this.terms, factor = 1): Best {
    const { places } = this;
    const { now } = view;
    this.shown.clear();
    this.refresh(view);
    const prospects: Prospect[] = [];
    let free = 0;
    this.free.each(0, (place) => {
      if (!fits(places.operatorOf(place), places.priceOf(place))) return true;
      // However many are kept for others, somebody who is not may come after them.
      const prospect = view.promised(this.standing(place, view, terms), terms);
      if (!prospect.busy) free++;
      if (!prospect.busy || prospects.length < MOST_SEEN) prospects.push(prospect);
      return free < BEST;
    });
    let left = BEST_NEWCOMERS;
    this.newcomers.each(0, (place) => {
      const operator = places.operatorOf(place);
      if (fits(operator, places.priceOf(place)) && !prospects.some((p) => p.operator === operator))
        prospects.push(view.promised(this.standing(place, view, terms), terms));
      return --left > 0;
    });
    const others = this.free.size - prospects.length;
    const last = prospects.length + MOST_SEEN;
    let busy = 0;
    let next = 0;
    this.busy.each(0, (place) => {
      next++;
      if (!fits(places.operatorOf(place), places.priceOf(place))) return true;
      prospects.push(this.waiting(place, view, terms, factor));
      // Who was promised to others may be no longer among the best.
      if (!view.isPromised(places.machineOf(place))) busy++;
      return busy < BEST && prospects.length < last;
    });
    const rest = new Rest(places, this.busy, next, fits, now, others, this.rejected, factor);
    return { prospects, rest };
  }

  /**
   * The same of a few operators, where no others are asked.
   * @param few some of them need not be in the ranking
   */
  only(
    few: Iterable<FleetOperator>,
    view: Prospects,
    fits: Fits,
    terms: LaneTerms = this.terms,
    factor = 1,
  ): Best {
    const { places } = this;
    this.shown.clear();
    const prospects: Prospect[] = [];
    let free = this.free.size;
    for (const operator of few) {
      const place = this.placeOf.get(operator);
      if (place === undefined || !fits(operator, places.priceOf(place))) continue;
      if (this.known[place] === BUSY) prospects.push(this.waiting(place, view, terms, factor));
      if (this.known[place] !== FREE) continue;
      prospects.push(view.promised(this.standing(place, view, terms), terms));
      free--;
    }
    const { busy, rejected } = this;
    const rest = new Rest(places, busy, busy.size, fits, view.now, free, rejected, factor);
    return { prospects, rest };
  }

  /**
   * Goes through those that could take such tasks, now or later, the cheapest first, as they were when last looked at.
   * @param factor how many times as long a task takes as those that they were looked at for
   * @param visit returns false to stop; what it is shown is written over by the next
   */
  eachByPrice(now: number, factor: number, visit: (seen: Prospect) => boolean): void {
    const { places } = this;
    const priced = (this.priced ??= this.sortByPrice());
    const shown = new Pool<Prospect>();
    priced.each(0, (place) => {
      shown.clear();
      return visit(places.prospect(place, factor, 0, places.roomIn(place, now), shown));
    });
  }

  /** @returns what a task takes the fastest of those that score best, milliseconds; nothing when nobody could take it */
  fastestMs(): number | undefined {
    let least = Infinity;
    for (const list of [this.free, this.busy]) {
      let left = BEST;
      list.each(0, (place) => {
        least = Math.min(least, this.places.taskMsOf(place));
        return --left > 0;
      });
    }
    return least === Infinity ? undefined : least;
  }

  private sortByPrice(): Sorted<number> {
    const priced = new Sorted<number>((a, b) => this.places.byPrice(a, b));
    this.looked.each(0, (place) => {
      priced.add(place);
      return true;
    });
    return priced;
  }

  /** One that is busy. Nobody is chosen among these: how long they will be is known well enough. */
  private waiting(place: number, view: Prospects, terms: LaneTerms, factor: number): Prospect {
    const { places } = this;
    const roomMs = places.roomIn(place, view.now);
    const startMs = view.startMs(places.machineOf(place), terms, roomMs);
    return places.prospect(place, factor, startMs, roomMs, this.shown);
  }

  /** One that has room as it stands now, if its machine was promised to nobody. */
  private standing(place: number, view: Prospects, terms: LaneTerms): Prospect {
    const operator = this.places.operatorOf(place);
    // Of another size.
    if (terms.sized) return view.look(operator, terms)!;
    if (this.view !== view) this.forget(view);
    return (this.stands[place] ??= this.isFresh(place, view)
      ? this.places.prospect(place, 1, 0, 0, this.stood)
      : view.look(operator, terms)!);
  }

  private isFresh(place: number, { now }: Prospects): boolean {
    return now - this.places.asOf(place) <= FRESH_MS;
  }

  /** Looks again at the best that have room, and were not looked at for long. */
  private refresh(view: Prospects): void {
    const due: number[] = [];
    let left = BEST;
    this.free.each(0, (place) => {
      if (!this.isFresh(place, view)) due.push(place);
      return --left > 0;
    });
    for (const place of due) this.look(this.places.operatorOf(place), view, place);
  }

  /** Another run has begun. */
  private forget(view: Prospects): void {
    this.stands.length = 0;
    this.stood.clear();
    this.view = view;
  }

  private remove(place: number): void {
    const known = this.known[place];
    this.known[place] = NOTHING;
    this.rejected.remove(place);
    if (known === UNABLE) return;
    this.due.remove(place);
    this.looked.remove(place);
    this.priced?.remove(place);
    this.stands[place] = undefined;
    if (known === BUSY) this.busy.remove(place);
    else {
      this.free.remove(place);
      this.newcomers.remove(place);
    }
  }
}
