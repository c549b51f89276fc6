import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import type { Candidate, Rejection } from "./decision";
import type { Experience } from "./experience";
import { freeSlots } from "./filter";
import type { FleetOperator } from "./fleet";
import type { Outlook } from "./outlook";
import { endOf, lateness } from "./pace";
import { priceOf } from "./price";
import { score } from "./score";

/** An operator that can take a lane's tasks, now or later, and how fast. Milliseconds. */
export interface Prospect {
  operator: FleetOperator;
  /** Why it can't start one now. */
  busy?: Extract<Rejection, "concurrency" | "machine" | "in_use" | "held">;
  /** From now until it can start one. */
  startMs: number;
  /** The same if its machine was promised to nobody; below 0 when that should be over already. */
  roomMs: number;
  taskMs: number;
  /** Between the ends of such tasks, if it does nothing else: less than each takes where several run side by side. */
  everyMs: number;
  /** Units per task. */
  price: bigint;
  failureRate: number;
  /** What a finish is multiplied by to give the score. */
  weight: number;
}

/** Share of a step's run limit that a task is expected to take before anyone has run its program. */
const UNKNOWN_SHARE = 0.25;

/** Expected milliseconds of a program that nobody has run. */
export function unknownMs(terms: Pick<LaneTerms, "runSeconds">): number {
  return terms.runSeconds * 1000 * UNKNOWN_SHARE;
}

/** What lanes have in common whose tasks are all the same to an operator. */
function kindOf({ program, resources, ceiling, runSeconds }: LaneTerms): string {
  const { cores, memoryMb, gpus, vramMb } = resources;
  return `${program}/${cores}/${memoryMb}/${gpus}/${vramMb}/${ceiling}/${runSeconds}`;
}

/** A prospect before what machines were promised to is looked at. */
type Bare = Readonly<Prospect>;
const TOO_SMALL = null;
type Kind = Map<FleetOperator, Bare | typeof TOO_SMALL>;

/** Looks at operators as they stand at one moment; at one that it has seen only again after `touch`. */
export class Prospects {
  private readonly kinds = new Map<string, Kind>();
  /** Operators of each machine that it has seen. */
  private readonly byMachine = new Map<string, Set<FleetOperator>>();

  constructor(
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    private readonly outlook: Outlook,
    private readonly now: number,
  ) {}

  /** What was seen by those for whom the tasks of these terms are the same. */
  kind(terms: LaneTerms): Kind {
    const key = kindOf(terms);
    let kind = this.kinds.get(key);
    if (!kind) this.kinds.set(key, (kind = new Map()));
    return kind;
  }

  /**
   * @param operator one that is able to take such tasks
   * @param kind of the terms
   * @returns nothing when the operator or its machine is too small
   */
  of(operator: FleetOperator, terms: LaneTerms, kind: Kind): Prospect | undefined {
    const { outlook, now } = this;
    let bare = kind.get(operator);
    if (bare === undefined) kind.set(operator, (bare = this.see(operator, terms)));
    if (bare === TOO_SMALL) return undefined;
    const machine = operator.registration.machine.id;
    if (!outlook.isPromised(machine)) return bare;
    const { resources } = terms;
    if (!bare.busy && !outlook.isInTheWay(machine, resources, now + bare.taskMs)) return bare;
    const roomMs = bare.busy ? bare.roomMs : this.roomMs(operator, terms);
    const startMs = Math.max(1, roomMs + outlook.delayOf(machine, resources));
    return { ...bare, busy: bare.busy ?? "held", startMs };
  }

  /** Has a machine looked at again: it got work. */
  touch(machine: string): void {
    for (const operator of this.byMachine.get(machine) ?? [])
      for (const kind of this.kinds.values()) kind.delete(operator);
    this.byMachine.delete(machine);
  }

  private see(operator: FleetOperator, terms: LaneTerms): Bare | typeof TOO_SMALL {
    const { id } = operator.registration.machine;
    const beside = this.byMachine.get(id);
    if (beside) beside.add(operator);
    else this.byMachine.set(id, new Set([operator]));
    const fits = this.reservations.couldFit(operator.address, terms.resources);
    return fits ? this.look(operator, terms) : TOO_SMALL;
  }

  private look(operator: FleetOperator, terms: LaneTerms): Bare {
    const { experience, outlook, now } = this;
    const { resources } = terms;
    const machine = operator.registration.machine.id;
    const expected = experience.expectedMs(terms.program, operator.address, unknownMs(terms));
    const taskMs = expected * lateness(experience, operator, now);
    const { share } = outlook.shareOf(machine, resources);
    const price = priceOf(operator, terms, experience, expected);
    const failureRate = experience.failureRate(terms.program, operator.address);
    const prospect: Prospect = {
      operator,
      startMs: 0,
      roomMs: 0,
      taskMs,
      everyMs: taskMs * Math.max(share, 1 / operator.registration.concurrency),
      price,
      failureRate,
      weight: score({ finishMs: 1e6, price: String(price), failureRate }, terms.ceiling) / 1e6,
    };
    if (freeSlots(operator) === 0) prospect.busy = "concurrency";
    else prospect.busy = this.reservations.obstacle(operator.address, resources);
    if (!prospect.busy) return prospect;
    const roomMs = this.roomMs(operator, terms);
    return { ...prospect, roomMs, startMs: Math.max(1, roomMs) };
  }

  /** @param ahead tasks of the same lane that it should take before */
  candidate(
    { operator, startMs, taskMs, everyMs, price: units, failureRate }: Prospect,
    terms: LaneTerms,
    ahead: number,
  ): Candidate {
    const price = String(units);
    const start = Math.round(startMs + ahead * everyMs);
    const finishMs = start + Math.round(taskMs);
    return {
      operator: operator.address,
      startMs: start,
      finishMs,
      price,
      failureRate,
      experience: this.experience.attempts(operator.address),
      lastAssignedAt: operator.lastAssignedAt,
      score: score({ finishMs, price, failureRate }, terms.ceiling),
    };
  }

  /** From now until there should be room, if the machine was promised to nobody. */
  private roomMs(operator: FleetOperator, { resources }: LaneTerms): number {
    const { now } = this;
    let at = this.reservations.expectedRoom(operator.address, resources, now) ?? now;
    if (freeSlots(operator) === 0) {
      const ends = [...operator.computing.values()].map((work) =>
        endOf(this.experience, operator.address, work, now),
      );
      // Who has a queue works it off first.
      if (ends.length > 0)
        at = Math.max(at, operator.queued > 0 ? Math.max(...ends) : Math.min(...ends));
    }
    return at - now;
  }
}

/** @returns how many tasks one after another it should finish before a score is reached */
export function aheadOf({ startMs, taskMs, everyMs, weight }: Prospect, level: number): number {
  return Math.max(0, Math.ceil((level / weight - startMs - taskMs) / everyMs));
}

/**
 * Says who should take how many of some equal tasks, each where it would score best.
 * @param count 1 or more
 */
export function spread(prospects: Prospect[], count: number): number[] {
  const first = prospects.map((p) => (p.startMs + p.taskMs) * p.weight);
  const best = Math.min(...first);
  if (count === 1) return prospects.map((_, i) => (i === first.indexOf(best) ? 1 : 0));
  const total = (level: number) => prospects.reduce((sum, p) => sum + aheadOf(p, level), 0);
  let [below, above] = [best, best * 2];
  while (total(above) < count) [below, above] = [above, above * 2];
  for (let i = 0; i < 12; i++) {
    const middle = (below + above) / 2;
    if (total(middle) < count) below = middle;
    else above = middle;
  }
  return prospects.map((p) => aheadOf(p, above));
}

/** Those of some items that have the least values, not in order. @returns at most `count` */
export function least<T>(items: T[], count: number, valueOf: (item: T, i: number) => number): T[] {
  if (items.length <= count) return items;
  const kept: { item: T; value: number }[] = [];
  for (const [i, item] of items.entries()) {
    const value = valueOf(item, i);
    if (kept.length === count && value >= kept[count - 1]!.value) continue;
    let at = Math.min(kept.length, count - 1);
    for (; at > 0 && kept[at - 1]!.value > value; at--) kept[at] = kept[at - 1]!;
    kept[at] = { item, value };
  }
  return kept.map(({ item }) => item);
}
