import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { NEWCOMER_BELOW } from "./choose";
import type { Candidate, Rejection } from "./decision";
import type { Experience } from "./experience";
import { freeSlots, hasRoom, unable } from "./filter";
import type { FleetOperator } from "./fleet";
import { kindOf } from "./kind";
import type { Outlook } from "./outlook";
import { priceOf } from "./price";
import { Running } from "./running";
import { score, weightOf } from "./score";

/** An operator that can take a lane's tasks, now or later, and how fast. Milliseconds. */
export interface Prospect {
  operator: FleetOperator;
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
  private readonly byMachine = new Map<string, FleetOperator[]>();
  private readonly running: Running;
  /** What was asked for last. */
  private last: { terms: LaneTerms; kind: Kind } | undefined;

  constructor(
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    private readonly outlook: Outlook,
    /** Unix milliseconds. */
    readonly now: number,
  ) {
    this.running = new Running(reservations, experience, now);
  }

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
    if (!bare || !this.isPromised(operator)) return bare;
    if (bare.busy) return this.delayed(bare, terms, bare.busy, bare.roomMs);
    const { id } = operator.registration.machine;
    if (!outlook.isInTheWay(id, terms.resources, now + bare.taskMs)) return bare;
    return this.delayed(bare, terms, "held", this.roomMs(operator, terms));
  }

  /** Takes one that was busy some time ago to have gone on as it was expected to then. */
  later({ seen, asOf }: Seen, terms: LaneTerms): Prospect {
    return this.delayed(seen, terms, seen.busy, seen.roomMs + asOf - this.now);
  }

  /** Whether an operator's machine was promised to any task. */
  isPromised({ registration }: FleetOperator): boolean {
    return this.outlook.isPromised(registration.machine.id);
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
    for (const operator of this.byMachine.get(machine) ?? []) {
      for (const kind of this.kinds.values()) kind.delete(operator);
      this.running.forget(operator);
    }
    this.byMachine.delete(machine);
  }

  /** What was seen by those for whom the tasks of these terms are the same. */
  private kind(terms: LaneTerms): Kind {
    if (this.last?.terms === terms) return this.last.kind;
    const key = kindOf(terms);
    let kind = this.kinds.get(key);
    if (!kind) this.kinds.set(key, (kind = new Map()));
    this.last = { terms, kind };
    return kind;
  }

  /** Has an operator found when its machine is touched. */
  private note(operator: FleetOperator): void {
    const { id } = operator.registration.machine;
    const beside = this.byMachine.get(id);
    if (!beside) this.byMachine.set(id, [operator]);
    else if (!beside.includes(operator)) beside.push(operator);
  }

  private see(operator: FleetOperator, terms: LaneTerms): Bare | typeof TOO_SMALL {
    this.note(operator);
    const fits = this.reservations.couldFit(operator.address, terms.resources);
    return fits ? this.look(operator, terms) : TOO_SMALL;
  }

  private look(operator: FleetOperator, terms: LaneTerms): Bare {
    const { experience, outlook } = this;
    const { resources } = terms;
    const { machine, concurrency } = operator.registration;
    const expected = experience.expectedMs(terms.program, operator.address, unknownMs(terms));
    const taskMs = expected * this.sizeFactor(terms) * this.running.latenessOf(operator);
    const { share } = outlook.shareOf(machine.id, resources);
    const price = priceOf(operator, terms, experience, expected);
    const failureRate = experience.failureRate(terms.program, operator.address);
    const busy =
      freeSlots(operator) === 0
        ? "concurrency"
        : this.reservations.obstacle(operator.address, resources);
    const roomMs = busy ? this.roomMs(operator, terms) : 0;
    return {
      operator,
      busy,
      startMs: busy ? Math.max(1, roomMs) : 0,
      roomMs,
      taskMs,
      everyMs: taskMs * Math.max(share, 1 / concurrency),
      price,
      failureRate,
      weight: weightOf(Number(price), failureRate, terms.ceiling),
    };
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
    // In the order of canonical JSON.
    return {
      experience: this.experience.attempts(operator.address),
      failureRate,
      ...(fetchMs ? { fetchMs: Math.round(fetchMs) } : {}),
      finishMs,
      lastAssignedAt: operator.lastAssignedAt,
      operator: operator.address,
      price,
      ...(reputation !== undefined && { reputation }),
      score: score({ finishMs, price, failureRate }, terms.ceiling),
      startMs: start,
    };
  }

  /** A prospect that should have room after so long, and has to wait for what its machine was promised to. */
  private delayed(
    { operator, taskMs, everyMs, price, failureRate, weight }: Bare,
    { resources }: LaneTerms,
    busy: Prospect["busy"],
    roomMs: number,
  ): Prospect {
    const delay = this.outlook.delayOf(operator.registration.machine.id, resources);
    const startMs = Math.max(1, roomMs + delay);
    return { operator, busy, startMs, roomMs, taskMs, everyMs, price, failureRate, weight };
  }

  /** From now until an operator that could take such tasks should have room, if the machine was promised to nobody. */
  private roomMs(operator: FleetOperator, { resources }: LaneTerms): number {
    const { now, reservations, running } = this;
    const { address, registration } = operator;
    let at = now;
    if (!reservations.fits(address, resources)) {
      const endings = running.endingsOf(registration.machine.id);
      at = reservations.roomAfter(address, resources, endings, now) ?? now;
    }
    if (freeSlots(operator) === 0) at = Math.max(at, running.slotAt(operator));
    return at - now;
  }
}
