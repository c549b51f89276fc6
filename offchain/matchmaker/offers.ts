import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import type { Experience } from "./experience";
import { unable } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import type { Outlook } from "./outlook";
import { priceOf } from "./price";
import { unknownMs, type Prospects } from "./prospect";
import { LOOKED_AT, type Ranking } from "./ranking";
import type { Rankings } from "./rankings";

/** What one operator would take for tasks of a kind, and ask. */
export interface Offer {
  operator: FleetOperator;
  /** Units. */
  price: bigint;
  /** Milliseconds of its whole machine that a task takes. */
  machineMs: number;
  taskMs: number;
  /** From now until it should have room; below 0 when it should have had. */
  roomMs: number;
}

/** What all operators would that could take such tasks, now or later, for no more than the ceiling. */
export interface Offers {
  /** The cheapest first. @param visit returns false to stop; an offer is to be read at once */
  each(visit: (offer: Offer) => boolean): void;
  /** What a task takes the fastest, milliseconds; nothing when there is nobody. */
  fastestMs(): number | undefined;
}

/** Asks operators what they would take, and ask: all of few, and of many those that are asked about, as a ranking knows them. */
export class Bidding {
  constructor(
    private readonly fleet: Fleet,
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    private readonly outlook: Outlook,
    private readonly rankings: Rankings,
  ) {}

  /** @param typicalMs of one task, while nobody has run the program */
  offersOf(terms: LaneTerms, typicalMs: number, view: Prospects): Offers {
    const holders = this.fleet.holding(terms.program);
    if (holders.size > LOOKED_AT)
      return this.ofMany(this.rankings.of(terms, view), terms, typicalMs, view.now);
    return this.ofFew(holders, terms, typicalMs, view.now);
  }

  private ofFew(
    holders: ReadonlySet<FleetOperator>,
    terms: LaneTerms,
    typicalMs: number,
    now: number,
  ): Offers {
    const { experience, outlook, reservations } = this;
    const offers: Offer[] = [];
    for (const operator of holders) {
      if (unable(operator, terms)) continue;
      if (!reservations.couldFit(operator.address, terms.resources)) continue;
      const taskMs = experience.expectedMs(terms.program, operator.address, typicalMs);
      const price = priceOf(operator, terms, experience, taskMs);
      if (price > terms.ceiling) continue;
      const { concurrency, machine } = operator.registration;
      const share = outlook.shareOf(reservations.placeOf(machine.id)!, terms.resources);
      const machineMs = taskMs * Math.max(share, 1 / concurrency);
      const room = reservations.expectedRoom(operator.address, terms.resources, now) ?? now;
      offers.push({ operator, price, taskMs, machineMs, roomMs: room - now });
    }
    offers.sort(
      (a, b) => Number(a.price - b.price) || (a.operator.address < b.operator.address ? -1 : 1),
    );
    return {
      each: (visit) => void offers.every(visit),
      fastestMs: () =>
        offers.length > 0 ? Math.min(...offers.map(({ taskMs }) => taskMs)) : undefined,
    };
  }

  private ofMany(ranking: Ranking, terms: LaneTerms, typicalMs: number, now: number): Offers {
    const { experience } = this;
    const { program, ceiling } = terms;
    // Of a program that nobody has run the ranking is by another guess.
    const isKnown = experience.typicalMs(program) !== undefined;
    const factor = isKnown ? 1 : typicalMs / unknownMs(terms);
    return {
      each: (visit) =>
        ranking.eachByPrice(now, factor, ({ operator, price: asked, taskMs, everyMs, roomMs }) => {
          const price = isKnown ? asked : priceOf(operator, terms, experience, taskMs);
          if (price > ceiling) return !isKnown;
          return visit({ operator, price, taskMs, machineMs: everyMs, roomMs });
        }),
      fastestMs: () => {
        const fastest = ranking.fastestMs();
        return fastest === undefined ? undefined : factor * fastest;
      },
    };
  }
}
