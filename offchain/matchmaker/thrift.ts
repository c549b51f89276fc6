import type { Lane, LaneTerms, ReadyTask } from "../runtime/ready-queue";
import type { Experience } from "./experience";
import { needOf } from "./kind";
import type { Offers } from "./offers";
import { typicalOf } from "./typical";

// Whom a workflow that prefers money to time needs. Pure.

/** Of the time that a workflow may take, the share that is planned with: durations are not known exactly, and machines fail. */
const PLANNED_SHARE = 0.95;

/** What nobody has run is taken to need at most this share of the time: who sets a time takes it to be enough. */
const GUESSED_SHARE = 0.3;

/** Of many operators, so many of the cheapest are looked at for one step. */
const MOST_LOOKED_AT = 2_048;

/** Tasks of a lane that have not started, and when: milliseconds from now. */
interface Demand {
  left: number;
  start: number;
  end: number;
  need: string;
  offers: Offers;
}

/** A lane that has tasks left, what one takes on average, milliseconds, and who could do it. */
interface Open<T extends ReadyTask> {
  lane: Lane<T>;
  own: number;
  offers: Offers;
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
    const fastestMs = offers.fastestMs();
    if (fastestMs === undefined) continue;
    average += own;
    fastest += Math.min(own, fastestMs);
  }
  return average > 0 ? fastest / average : 1;
}

/** The cheapest operators that should do in time all that is left of a workflow. */
export class Thrift {
  /** @param offersOf what operators would take for tasks of a lane of which one takes so long on average, and ask */
  constructor(
    private readonly experience: Experience,
    private readonly offersOf: (terms: LaneTerms, typicalMs: number) => Offers,
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
    const timeMs = openedAt + withinSeconds * 1000 * PLANNED_SHARE - now;
    const taken = new Map<string, number>();
    const chosen = new Map<string, Set<string>>();
    const overfull = new Set<string>();
    for (const demand of this.demands([...lanes], timeMs)) {
      const { need } = demand;
      let set = chosen.get(need);
      if (!set) chosen.set(need, (set = new Set()));
      if (!fill(demand, taken, set)) overfull.add(need);
    }
    for (const need of overfull) chosen.delete(need);
    return chosen;
  }

  private demands<T extends ReadyTask>(lanes: Lane<T>[], timeMs: number): Demand[] {
    const all = lanes.map(({ terms }) => terms);
    const typical = typicalOf(this.experience, all);
    const open = lanes
      .map((lane, i) => ({ lane, own: typical[i]! }))
      .filter(({ lane }) => lane.left > 0)
      .map((one) => ({ ...one, offers: this.offersOf(one.lane.terms, one.own) }));
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
}

/**
 * Gives the tasks of a lane to the cheapest operators that have time for them.
 * @param taken milliseconds that machines, by id, are planned to work; what is given is added
 * @param set takes in whom the tasks need: also those that ask no more, and would be in time. The sooner it is done, the more time is left
 * @returns whether all of them could be given
 */
function fill(
  { left, start, end, offers }: Demand,
  taken: Map<string, number>,
  set: Set<string>,
): boolean {
  let rest = left;
  let dearest = 0n;
  let looked = 0;
  const inTime: { address: string; price: bigint }[] = [];
  offers.each(({ operator, price, machineMs, taskMs, roomMs }) => {
    if (rest <= 0 && price > dearest) return false;
    const time = end - Math.max(start, roomMs);
    const { id } = operator.registration.machine;
    const used = taken.get(id) ?? 0;
    if (rest > 0 && time - used >= taskMs) {
      const tasks = Math.min(rest, (time - used) / machineMs);
      rest -= tasks;
      taken.set(id, used + tasks * machineMs);
      dearest = price;
    }
    if (taskMs <= time) inTime.push({ address: operator.address, price });
    return ++looked < MOST_LOOKED_AT;
  });
  for (const { address, price } of inTime) if (price <= dearest) set.add(address);
  return rest <= 0;
}
