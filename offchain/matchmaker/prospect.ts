import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { NEWCOMER_BELOW } from "./choose";
import type { Candidate, Rejection } from "./decision";
import type { Experience } from "./experience";
import { freeSlots } from "./filter";
import type { FleetOperator } from "./fleet";
import { kindOf } from "./kind";
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
  /** Of that, for fetching inputs that it has not got. */
  fetchMs?: number;
  /** Between the ends of such tasks, if it does nothing else: less than each takes where several run side by side. */
  everyMs: number;
  /** Units per task. */
  price: bigint;
  failureRate: number;
  /** What a finish is multiplied by to give the score. */
  weight: number;
}

/** A prospect of some time ago. */
export interface Seen {
  readonly seen: Prospect;
  /** Unix milliseconds. */
  readonly asOf: number;
}

/** @returns milliseconds from now until it should be able to start, if nothing has changed since */
export function startsIn({ seen, asOf }: Seen, now: number): number {
  return Math.max(1, seen.startMs + asOf - now);
}

/** Share of a step's run limit that a task is expected to take before anyone has run its program. */
const UNKNOWN_SHARE = 0.25;

/** Expected milliseconds of a program that nobody has run. */
export function unknownMs(terms: Pick<LaneTerms, "runSeconds">): number {
  return terms.runSeconds * 1000 * UNKNOWN_SHARE;
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
    /** Unix milliseconds. */
    readonly now: number,
  ) {}

  /**
   * How an operator stands if its machine was promised to nobody.
   * @param operator one that is able to take such tasks
   * @returns nothing when the operator or its machine is too small
   */
  bare(operator: FleetOperator, terms: LaneTerms): Bare | undefined {
    const kind = this.kind(terms);
    let bare = kind.get(operator);
    if (bare === undefined) kind.set(operator, (bare = this.see(operator, terms)));
    return bare ?? undefined;
  }

  /**
   * @param operator one that is able to take such tasks
   * @returns nothing when the operator or its machine is too small
   */
  of(operator: FleetOperator, terms: LaneTerms): Prospect | undefined {
    const { outlook, now } = this;
    const bare = this.bare(operator, terms);
    if (!bare) return undefined;
    if (!this.isPromised(operator)) return bare;
    const machine = operator.registration.machine.id;
    const { resources } = terms;
    if (!bare.busy && !outlook.isInTheWay(machine, resources, now + bare.taskMs)) return bare;
    const roomMs = bare.busy ? bare.roomMs : this.roomMs(operator, terms);
    const startMs = Math.max(1, roomMs + outlook.delayOf(machine, resources));
    return { ...bare, busy: bare.busy ?? "held", startMs };
  }

  /** Whether an operator's machine was promised to any task. */
  isPromised({ registration }: FleetOperator): boolean {
    return this.outlook.isPromised(registration.machine.id);
  }

  /** Whether little is known of an operator. */
  isNewcomer({ address }: FleetOperator): boolean {
    return this.experience.attempts(address) < NEWCOMER_BELOW;
  }

  /** How many times as long such tasks take as tasks of any size, on any operator. */
  sizeFactor({ program, sized }: LaneTerms): number {
    return this.experience.sizeFactor(program, sized?.sizeClass);
  }

  /** Takes an operator to be as it was some time ago, unless it was looked at. */
  assume(terms: LaneTerms, then: Seen): void {
    const kind = this.kind(terms);
    const { seen, asOf } = then;
    const { operator } = seen;
    if (kind.has(operator)) return;
    this.note(operator);
    const roomMs = seen.roomMs + asOf - this.now;
    kind.set(operator, { ...seen, roomMs, startMs: startsIn(then, this.now) });
  }

  /** Has a machine looked at again: it got work. */
  touch(machine: string): void {
    for (const operator of this.byMachine.get(machine) ?? [])
      for (const kind of this.kinds.values()) kind.delete(operator);
    this.byMachine.delete(machine);
  }

  /** What was seen by those for whom the tasks of these terms are the same. */
  private kind(terms: LaneTerms): Kind {
    const key = kindOf(terms);
    let kind = this.kinds.get(key);
    if (!kind) this.kinds.set(key, (kind = new Map()));
    return kind;
  }

  /** Has an operator found when its machine is touched. */
  private note(operator: FleetOperator): void {
    const { id } = operator.registration.machine;
    const beside = this.byMachine.get(id);
    if (beside) beside.add(operator);
    else this.byMachine.set(id, new Set([operator]));
  }

  private see(operator: FleetOperator, terms: LaneTerms): Bare | typeof TOO_SMALL {
    this.note(operator);
    const fits = this.reservations.couldFit(operator.address, terms.resources);
    return fits ? this.look(operator, terms) : TOO_SMALL;
  }

  private look(operator: FleetOperator, terms: LaneTerms): Bare {
    const { experience, outlook, now } = this;
    const { resources } = terms;
    const machine = operator.registration.machine.id;
    const expected = experience.expectedMs(terms.program, operator.address, unknownMs(terms));
    const taskMs = expected * this.sizeFactor(terms) * lateness(experience, operator, now);
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
    prospect.roomMs = this.roomMs(operator, terms);
    prospect.startMs = Math.max(1, prospect.roomMs);
    return prospect;
  }

  /** @param ahead tasks of the same lane that it should take before */
  candidate(
    { operator, startMs, taskMs, fetchMs, everyMs, price: units, failureRate }: Prospect,
    terms: LaneTerms,
    ahead: number,
  ): Candidate {
    const price = String(units);
    const start = Math.round(startMs + ahead * everyMs);
    const finishMs = start + Math.round(taskMs);
    const reputation = this.experience.reputation(operator.address);
    return {
      operator: operator.address,
      startMs: start,
      finishMs,
      ...(fetchMs ? { fetchMs: Math.round(fetchMs) } : {}),
      price,
      failureRate,
      ...(reputation !== undefined && { reputation }),
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
