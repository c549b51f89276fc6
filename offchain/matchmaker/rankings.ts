import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import type { Fleet, FleetOperator } from "./fleet";
import { Follower } from "./follower";
import { kindOf } from "./kind";
import type { Prospects } from "./prospect";
import { Ranking } from "./ranking";

/** Operators in all rankings together. Beyond it, what was asked longest ago is forgotten, and made anew when it is asked. */
const MOST_PLACES = 500_000;

interface Kept {
  ranking: Ranking;
  follower: Follower;
  size: number;
  /** In whose run it was asked last. */
  view: Prospects;
}

/** Rankings of operators for each kind of task. */
export class Rankings {
  /** By kind; the one that was asked last comes last. */
  private readonly kept = new Map<string, Kept>();
  private size = 0;

  constructor(
    private readonly fleet: Fleet,
    private readonly reservations: Reservations,
  ) {}

  /** @returns the operators for such tasks, of any size as that is the same to all, as they stand now */
  of(given: LaneTerms, view: Prospects): Ranking {
    const terms = given.sized?.any ?? given;
    const kind = kindOf(terms);
    const kept = this.kept.get(kind);
    const changed = new Set<FleetOperator>();
    // What has changed more than once over is made anew.
    if (!kept?.follower.changed((operator) => changed.add(operator), kept.size))
      return this.make(kind, terms, view);
    this.kept.delete(kind);
    this.kept.set(kind, kept);
    for (const operator of changed) kept.ranking.note(operator, view);
    if (kept.view !== view) kept.ranking.roll(view);
    kept.view = view;
    return kept.ranking;
  }

  private make(kind: string, terms: LaneTerms, view: Prospects): Ranking {
    this.forget(kind);
    const holders = this.fleet.holding(terms.program);
    const { size } = holders;
    for (const oldest of this.kept.keys())
      if (this.size + size > MOST_PLACES) this.forget(oldest);
      else break;
    const follower = new Follower(this.fleet, this.reservations);
    follower.catchUp();
    const ranking = new Ranking(terms);
    for (const operator of holders) ranking.look(operator, view);
    this.kept.set(kind, { ranking, follower, size, view });
    this.size += size;
    return ranking;
  }

  private forget(kind: string): void {
    this.size -= this.kept.get(kind)?.size ?? 0;
    this.kept.delete(kind);
  }
}
