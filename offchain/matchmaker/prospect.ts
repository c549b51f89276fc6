import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { NEWCOMER_BELOW } from "./choose";
import type { Candidate, Rejection } from "./decision";
import type { Experience } from "./experience";
import { freeSlots, hasRoom, unable } from "./filter";
import type { FleetOperator } from "./fleet";
import { kindOf } from "./kind";
import type { Outlook } from "./outlook";
import { Pool } from "./pool";
import { priceOf } from "./price";
import { Running } from "./running";
import { scoreOf, weightOf } from "./score";

/**
 * An operator that can take a lane's tasks, now or later, and how fast. Milliseconds. It is nobody's once the run ends, and what machines are
 * promised to is as of the last survey of such tasks: the next one in a run may write over it.
 */
export interface Prospect {
  operator: FleetOperator;
  /** Place of its machine in the reservations. */
  machine: number;
  /** Why it can't start one now. */
  busy: Extract<Rejection, "concurrency" | "machine" | "in_use" | "held"> | undefined;
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

/** Share of a step's run limit that a task is expected to take before anyone has run its program. */
const UNKNOWN_SHARE = 0.25;

/** Expected milliseconds of a program that nobody has run. */
export function unknownMs(terms: Pick<LaneTerms, "runSeconds">): number {
  return terms.runSeconds * 1000 * UNKNOWN_SHARE;
}

/** When an operator should start a task, as a candidate says it. @param ahead tasks of the same lane that it should take before */
function startAfter({ startMs, everyMs }: Prospect, ahead: number): number {
  return Math.round(startMs + ahead * everyMs);
}

/** The score that it has as a candidate. @param ahead tasks of the same lane that it should take before */
export function scoreAfter(prospect: Prospect, ahead: number, { ceiling }: LaneTerms): number {
  const { taskMs, price, failureRate } = prospect;
  const finishMs = startAfter(prospect, ahead) + Math.round(taskMs);
  return scoreOf(finishMs, Number(price), failureRate, ceiling);
}

/** A prospect of which all but the operator is to be written. */
export function blank(operator: FleetOperator): Prospect {
  const times = { startMs: 0, roomMs: 0, taskMs: 0, everyMs: 0 };
  return { operator, machine: 0, busy: undefined, ...times, price: 0n, failureRate: 0, weight: 0 };
}

const TOO_SMALL = null;
/** By place among those who hold the program. */
type Kind = (Prospect | typeof TOO_SMALL | undefined)[];

/** Looks at operators as they stand at one moment; where all are looked at, at one that it has seen only again after `touch`. */
export class Prospects {
  private kinds: Map<string, Kind> | undefined;
  private readonly running: Running;
  /** What was asked for last. */
  private last: { terms: LaneTerms; kind: Kind } | undefined;

  constructor(
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    private readonly outlook: Outlook,
    /** Unix milliseconds. */
    readonly now: number,
    private readonly pool = new Pool<Prospect>(),
  ) {
    this.running = new Running(reservations, experience, now);
  }

  /**
   * @param operator one that is able to take such tasks
   * @returns nothing when the operator or its machine is too small
   */
  of(operator: FleetOperator, terms: LaneTerms): Prospect | undefined {
    const looked = this.look(operator, terms);
    return looked && this.promised(looked, terms);
  }

  /** The same of one of those who hold the program, of whom all are looked at. @param place among them */
  at(place: number, operator: FleetOperator, terms: LaneTerms): Prospect | undefined {
    const kind = this.kind(terms);
    let looked = kind[place];
    if (looked === undefined) kind[place] = looked = this.look(operator, terms) ?? TOO_SMALL;
    return looked ? this.promised(looked, terms) : undefined;
  }

  /** @returns the same, as it stands with what its machine was promised to */
  promised(looked: Prospect, terms: LaneTerms): Prospect {
    const { outlook, now } = this;
    const { machine, taskMs } = looked;
    const isBusy = looked.busy !== undefined && looked.busy !== "held";
    const isHeld = !isBusy && outlook.isInTheWay(machine, terms.resources, now + taskMs);
    if (isHeld) looked.busy = "held";
    else if (!isBusy) looked.busy = undefined;
    looked.startMs = looked.busy ? this.startMs(machine, terms, looked.roomMs) : 0;
    return looked;
  }

  /** Whether the machine of an operator that has room was promised to other tasks, which such a one would be in the way of. */
  isHeld(operator: FleetOperator, terms: LaneTerms): boolean {
    const { outlook, reservations, now } = this;
    const machine = reservations.placeOf(operator.registration.machine.id)!;
    if (!outlook.isPromised(machine)) return false;
    const taskMs = this.taskMs(operator, terms, this.expectedMs(operator, terms));
    return outlook.isInTheWay(machine, terms.resources, now + taskMs);
  }

  /**
   * @param machine its place in the reservations
   * @param roomMs until it should have room, if its machine was promised to nobody
   * @returns until it should be able to start, with what its machine was promised to; milliseconds from now
   */
  startMs(machine: number, { resources }: LaneTerms, roomMs: number): number {
    return Math.max(1, roomMs + this.outlook.delayOf(machine, resources));
  }

  /** Whether a machine was promised to any task. @param machine its place in the reservations */
  isPromised(machine: number): boolean {
    return this.outlook.isPromised(machine);
  }

  /** Whether an operator is able to take such tasks, and could start none now. */
  isBusy(operator: FleetOperator, terms: LaneTerms): boolean {
    return !unable(operator, terms) && !hasRoom(operator, terms, this.reservations);
  }

  /** Whether little is known of an operator. */
  isNewcomer({ address }: FleetOperator): boolean {
    return this.experience.attempts(address) < NEWCOMER_BELOW;
  }

  /** How many times as long such tasks take as tasks of any size, on any operator. */
  sizeFactor({ program, sized }: LaneTerms): number {
    return this.experience.sizeFactor(program, sized?.sizeClass);
  }

  /** Has a machine looked at again: it got work. */
  touch(machine: string): void {
    this.kinds?.forEach((kind) => {
      for (let i = 0; i < kind.length; i++)
        if (kind[i]?.operator.registration.machine.id === machine) kind[i] = undefined;
    });
    this.running.forget();
  }

  /** What was seen by those for whom the tasks of these terms are the same. */
  private kind(terms: LaneTerms): Kind {
    if (this.last?.terms === terms) return this.last.kind;
    const key = kindOf(terms);
    this.kinds ??= new Map();
    let kind = this.kinds.get(key);
    if (!kind) this.kinds.set(key, (kind = []));
    this.last = { terms, kind };
    return kind;
  }

  /**
   * How an operator stands if its machine was promised to nobody; looked at anew.
   * @param operator one that is able to take such tasks
   * @returns nothing when the operator or its machine is too small
   */
  look(operator: FleetOperator, terms: LaneTerms): Prospect | undefined {
    if (!this.reservations.couldFit(operator.address, terms.resources)) return undefined;
    const { experience, outlook } = this;
    const { resources } = terms;
    const { machine, concurrency } = operator.registration;
    const expected = this.expectedMs(operator, terms);
    const taskMs = this.taskMs(operator, terms, expected);
    const place = this.reservations.placeOf(machine.id)!;
    const share = outlook.shareOf(place, resources);
    const price = priceOf(operator, terms, experience, expected);
    const failureRate = experience.failureRate(terms.program, operator.address);
    const busy =
      freeSlots(operator) === 0
        ? "concurrency"
        : this.reservations.obstacle(operator.address, resources);
    const roomMs = busy ? this.roomMs(operator, terms) : 0;
    const seen = this.pool.take() ?? this.pool.add(blank(operator));
    seen.operator = operator;
    seen.machine = place;
    seen.busy = busy;
    seen.startMs = busy ? Math.max(1, roomMs) : 0;
    seen.roomMs = roomMs;
    seen.taskMs = taskMs;
    seen.everyMs = taskMs * Math.max(share, 1 / concurrency);
    seen.price = price;
    seen.failureRate = failureRate;
    seen.weight = weightOf(Number(price), failureRate, terms.ceiling);
    return seen;
  }

  /** @param ahead tasks of the same lane that it should take before */
  candidate(prospect: Prospect, terms: LaneTerms, ahead: number): Candidate {
    const { operator, taskMs, fetchMs, price, failureRate } = prospect;
    const startMs = startAfter(prospect, ahead);
    const reputation = this.experience.reputation(terms.program, operator.address);
    // In the order of canonical JSON.
    return {
      experience: this.experience.attempts(operator.address),
      failureRate,
      ...(fetchMs ? { fetchMs: Math.round(fetchMs) } : {}),
      finishMs: startMs + Math.round(taskMs),
      lastAssignedAt: operator.lastAssignedAt,
      operator: operator.address,
      price: String(price),
      ...(reputation !== undefined && { reputation }),
      score: scoreAfter(prospect, ahead, terms),
      startMs,
    };
  }

  /** Of one task, if its size makes no difference and nothing says that it is slower now. */
  private expectedMs({ address }: FleetOperator, terms: LaneTerms): number {
    return this.experience.expectedMs(terms.program, address, unknownMs(terms));
  }

  private taskMs(operator: FleetOperator, terms: LaneTerms, expected: number): number {
    const sized = expected * this.sizeFactor(terms);
    return sized * this.experience.caution(operator.address) * this.running.latenessOf(operator);
  }

  /** From now until an operator that could take such tasks should have room, if the machine was promised to nobody. */
  private roomMs(operator: FleetOperator, { resources }: LaneTerms): number {
    const { now, reservations, running } = this;
    let at = now;
    if (!reservations.fits(operator.address, resources))
      at = running.roomAt(operator, resources) ?? now;
    if (freeSlots(operator) === 0) at = Math.max(at, running.slotAt(operator));
    return at - now;
  }
}
