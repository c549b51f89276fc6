import type { Lane, LaneTerms, ReadyTask } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import type { Experience } from "./experience";
import { unable } from "./filter";
import { needOf } from "./kind";
import type { Fleet, FleetOperator } from "./fleet";
import type { Outlook } from "./outlook";
import { priceOf } from "./price";
import { typicalOf } from "./typical";

// Whom a workflow that prefers money to time needs. Pure.

/** Of the time that a workflow may take, the share that is planned with: durations are not known exactly, and machines fail. */
const PLANNED_SHARE = 0.95;

/** What nobody has run is taken to need at most this share of the time: who sets a time takes it to be enough. */
const GUESSED_SHARE = 0.3;

/** What one operator would take for the tasks of a lane. */
interface Offer {
  operator: FleetOperator;
  price: bigint;
  /** Milliseconds of its whole machine that a task takes. */
  machineMs: number;
  taskMs: number;
  /** From now until it should have room. */
  roomMs: number;
}

/** Tasks of a lane that have not started, and when: milliseconds from now. */
interface Demand {
  left: number;
  start: number;
  end: number;
  need: string;
  offers: Offer[];
}

/** A lane that has tasks left, what one takes on average, milliseconds, and who could do it. */
interface Open<T extends ReadyTask> {
  lane: Lane<T>;
  own: number;
  offers: Offer[];
}

/**
 * If what nobody has run takes as long as is guessed, it may have the fastest operators: what comes last are few tasks, so that costs little.
 * @param later steps that have not begun
 * @returns what they take on the fastest operators, over what they take on average; at most 1
 */
function speedupOf<T extends ReadyTask>(later: readonly Open<T>[]): number {
  let average = 0;
  let fastest = 0;
  for (const { own, offers } of later) {
    if (offers.length === 0) continue;
    average += own;
    fastest += offers.reduce((least, { taskMs }) => Math.min(least, taskMs), own);
  }
  return average > 0 ? fastest / average : 1;
}

/** The cheapest operators that should do in time all that is left of a workflow. */
export class Thrift {
  constructor(
    private readonly fleet: Fleet,
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    private readonly outlook: Outlook,
  ) {}

  /**
   * Fills the time until the workflow is due with its tasks, those that must end first first, each at the cheapest operators that still
   * have time. Lanes that need the same share whom they need, as there is nothing else between them than the order.
   * @param lanes all of one workflow
   * @param openedAt of the workflow, Unix milliseconds
   * @returns by need the operators that suffice; nothing for a need of which there is more than all can do: then nobody is too dear
   */
  sufficient<T extends ReadyTask>(
    lanes: Iterable<Lane<T>>,
    openedAt: number,
    withinSeconds: number,
    now: number,
  ): Map<string, Set<string>> {
    const demands = this.demands(
      [...lanes],
      openedAt + withinSeconds * 1000 * PLANNED_SHARE - now,
      now,
    );
    const taken = new Map<string, number>();
    const chosen = new Map<string, Set<string>>();
    const overfull = new Set<string>();
    for (const { left, start, end, need, offers } of demands) {
      let set = chosen.get(need);
      if (!set) chosen.set(need, (set = new Set()));
      let rest = left;
      let dearest = 0n;
      for (const { operator, price, machineMs, taskMs, roomMs } of offers) {
        if (rest <= 0) break;
        const { id } = operator.registration.machine;
        const used = taken.get(id) ?? 0;
        const free = end - Math.max(start, roomMs) - used;
        if (free < taskMs) continue;
        const tasks = Math.min(rest, free / machineMs);
        rest -= tasks;
        taken.set(id, used + tasks * machineMs);
        set.add(operator.address);
        if (price > dearest) dearest = price;
      }
      // Whoever asks no more than those may as well help: the sooner it is done, the more time is left.
      for (const { operator, price, taskMs, roomMs } of offers)
        if (price <= dearest && taskMs <= end - Math.max(start, roomMs)) set.add(operator.address);
      if (rest > 0) overfull.add(need);
    }
    for (const need of overfull) chosen.delete(need);
    return chosen;
  }

  private demands<T extends ReadyTask>(lanes: Lane<T>[], timeMs: number, now: number): Demand[] {
    const all = lanes.map(({ terms }) => terms);
    const typical = typicalOf(this.experience, all);
    const open = lanes
      .map((lane, i) => ({ lane, own: typical[i]! }))
      .filter(({ lane }) => lane.left > 0)
      .map((one) => ({ ...one, offers: this.offers(one.lane.terms, one.own, now) }));
    const isKnown = ({ lane: { terms } }: Open<T>) =>
      this.experience.typicalMs(terms.program) !== undefined;
    const longestOf = (some: Open<T>[]) =>
      some.reduce((most, { lane }) => Math.max(most, lane.remainingMs(0)), 0);
    // Paths end with what nobody has run, which is cut to a share of the time.
    const guessed = longestOf(open.filter((one) => !isKnown(one)));
    const kept = (all[0]?.withinSeconds ?? 0) * 1000 * GUESSED_SHARE;
    const cut = Math.max(0, guessed - kept);
    const longest = longestOf(open) - cut;
    const speedup = guessed > 0 ? speedupOf(open.filter(({ lane }) => lane.size === 0)) : 1;
    return open
      .map(({ lane, own, offers }) => {
        const path = lane.remainingMs(lane.peek()?.level ?? 0);
        const remaining = Math.max(own, path - cut);
        // What comes before it has not begun, or runs: its inputs are not there sooner than after that.
        const start = lane.size > 0 ? 0 : longest - remaining;
        const end = timeMs - (remaining - own) * speedup;
        return { left: lane.left, start, end, need: needOf(lane.terms), offers };
      })
      .sort((a, b) => a.end - b.end);
  }

  /** Who could take such tasks, the cheapest first. @param typicalMs of one, while nobody has run the program */
  private offers(terms: LaneTerms, typicalMs: number, now: number): Offer[] {
    const { experience, outlook, reservations } = this;
    const offers: Offer[] = [];
    for (const operator of this.fleet.holding(terms.program)) {
      if (unable(operator, terms)) continue;
      if (!reservations.couldFit(operator.address, terms.resources)) continue;
      const taskMs = experience.expectedMs(terms.program, operator.address, typicalMs);
      const price = priceOf(operator, terms, experience, taskMs);
      if (price > terms.ceiling) continue;
      const { concurrency, machine } = operator.registration;
      const share = outlook.shareOf(reservations.placeOf(machine.id)!, terms.resources);
      const each = Math.max(share, 1 / concurrency);
      const room = reservations.expectedRoom(operator.address, terms.resources, now) ?? now;
      const roomMs = room - now;
      offers.push({ operator, price, taskMs, machineMs: taskMs * each, roomMs });
    }
    return offers.sort(
      (a, b) => Number(a.price - b.price) || (a.operator.address < b.operator.address ? -1 : 1),
    );
  }
}
