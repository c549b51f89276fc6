import { FrobenError } from "../../protocol/errors";
import type { Resources } from "../../protocol/spec";
import { Changes } from "./changes";
import {
  atMost,
  canHold,
  count,
  endingsOf,
  freeGpus,
  obstacleOf,
  roomAfter,
  same,
  type Booking,
  type Ending,
  type Machine,
  type MachineTotals,
  type Share,
} from "./machine";
import { shortages, type Shortage } from "./shortage";

interface Booked {
  cores: number;
  memoryMb: number;
  /** How many. */
  gpus: number;
}

/** No look at a machine that anyone asks for again. */
const NEVER = 0;

/**
 * Books cores, memory and whole GPUs of machines for their operators; what is booked never exceeds what a machine has, nor what an
 * operator offers of it.
 */
export class Reservations {
  /** Operators that may have more or less room than before. */
  readonly changes = new Changes<string>();
  /** How often a machine was said to have something else than before. */
  redeclared = 0;
  private readonly machines = new Map<string, Machine>();
  private readonly places: Machine[] = [];
  private readonly shares = new Map<string, Share>();
  private readonly bookings = new Map<string, Booking>();

  /**
   * Adds a machine, or says again what it has.
   * @throws FrobenError 409 `machine_conflict` when it is in use and said to be something else
   */
  declare(id: string, totals: MachineTotals): void {
    const known = this.machines.get(id);
    if (known && same(known.totals, totals)) return;
    if (known && known.bookings.size > 0)
      throw new FrobenError(
        "machine_conflict",
        `machine "${id}" is in use and was declared differently`,
        {
          status: 409,
          field: "machine",
          value: id,
          retryable: true,
          hint: "all operators of one machine declare the same cores, memory and GPUs",
        },
      );
    if (known) this.redeclared++;
    const machine: Machine = {
      place: known?.place ?? this.machines.size,
      totals,
      cores: 0,
      memoryMb: 0,
      gpuTaken: totals.gpus.map(() => false),
      gpusTaken: 0,
      bookings: new Map(),
      endings: [],
      endingsAsOf: NEVER,
      operators: known?.operators ?? new Set(),
    };
    this.machines.set(id, machine);
    this.places[machine.place] = machine;
  }

  /**
   * Adds an operator, or says again what it offers, and of which machine. What is booked for it stays booked.
   * @param machine that was declared
   * @param gpus that it uses, by their place in the machine's list
   */
  offer(operator: string, machine: string, offer: Resources, gpus: number[]): void {
    const m = this.machines.get(machine)!;
    const known = this.shares.get(operator);
    const devices = new Set(gpus);
    if (known?.machine === m) Object.assign(known, { offer, devices });
    else {
      known?.machine.operators.delete(operator);
      m.operators.add(operator);
      this.shares.set(operator, { machine: m, offer, devices, cores: 0, memoryMb: 0 });
    }
    this.changes.add(operator);
  }

  /** Whether the operator, if it and its machine did nothing, could take it. */
  couldFit(operator: string, need: Resources): boolean {
    const share = this.shares.get(operator);
    return share !== undefined && canHold(share, need);
  }

  /** What a known operator and its machine have too little of, if they did nothing; nothing exactly when it could fit. */
  lacking(operator: string, need: Resources): Shortage[] {
    const share = this.shares.get(operator);
    return share ? shortages(atMost(share, need), need) : [];
  }

  /** Whether there is room now. */
  fits(operator: string, need: Resources): boolean {
    return this.obstacle(operator, need) === undefined;
  }

  /** @returns what has no room now: the machine, or of it what the operator offers, which is in use */
  obstacle(operator: string, need: Resources): "machine" | "in_use" | undefined {
    const share = this.shares.get(operator);
    return share ? obstacleOf(share, need) : "machine";
  }

  /**
   * @param key of the attempt that runs there
   * @returns the GPUs that it may use
   * @throws FrobenError `overbooked` when there is no room, `booked_twice`; nothing changes then
   */
  book(key: string, operator: string, resources: Resources, ends: Ending): number[] {
    if (this.bookings.has(key)) throw new FrobenError("booked_twice", `${key} has a booking`);
    if (!this.fits(operator, resources))
      throw new FrobenError("overbooked", `operator "${operator}" has no room for ${key}`);
    const share = this.shares.get(operator)!;
    const { machine } = share;
    const gpus = freeGpus(share, resources).slice(0, resources.gpus);
    const booking = { share, resources, gpus, ends, end: Infinity };
    count(booking, 1);
    machine.bookings.set(key, booking);
    this.bookings.set(key, booking);
    this.changed(machine);
    return gpus;
  }

  has(key: string): boolean {
    return this.bookings.has(key);
  }

  /** Gives a booking to the next task of the same kind on the same operator. */
  handOver(from: string, to: string, ends: Ending): void {
    const booking = this.bookings.get(from);
    if (!booking || this.bookings.has(to))
      throw new FrobenError("booked_twice", `can't hand the booking of ${from} to ${to}`);
    booking.ends = ends;
    for (const map of [this.bookings, booking.share.machine.bookings]) {
      map.delete(from);
      map.set(to, booking);
    }
    this.changed(booking.share.machine);
  }

  /** Gives a booking back; a key without one is ignored. */
  free(key: string): void {
    const booking = this.bookings.get(key);
    if (!booking) return;
    const { machine } = booking.share;
    count(booking, -1);
    machine.bookings.delete(key);
    this.bookings.delete(key);
    this.changed(machine);
  }

  private changed({ operators }: Machine): void {
    for (const operator of operators) this.changes.add(operator);
  }

  /**
   * When there should be room, if every booking ends as expected.
   * @returns Unix milliseconds, or undefined when there never is
   */
  expectedRoom(operator: string, need: Resources, now: number): number | undefined {
    const share = this.shares.get(operator);
    if (!share || !canHold(share, need)) return undefined;
    if (!obstacleOf(share, need)) return now;
    return roomAfter(share, need, endingsOf(share.machine, now, NEVER), now);
  }

  /**
   * The same of an operator that could take it, and has no room now.
   * @param asOf names a look at all machines, above 0: while it goes on, bookings end as they were expected to when it first came to theirs
   */
  roomAfter(operator: string, need: Resources, now: number, asOf: number): number | undefined {
    const share = this.shares.get(operator)!;
    const { machine } = share;
    const endings = machine.endingsAsOf === asOf ? machine.endings : endingsOf(machine, now, asOf);
    return roomAfter(share, need, endings, now);
  }

  /** @returns the place of a machine among all, which does not change; nothing if it was not declared */
  placeOf(machine: string): number | undefined {
    return this.machines.get(machine)?.place;
  }

  /** What a machine at a place has in all. */
  totalsAt(place: number): MachineTotals {
    return this.places[place]!.totals;
  }

  /** What is booked of a machine at a place. */
  bookedAt(place: number): Booked {
    const { cores, memoryMb, gpusTaken } = this.places[place]!;
    return { cores, memoryMb, gpus: gpusTaken };
  }

  /** What is booked of a machine. */
  booked(machine: string): Booked {
    const place = this.placeOf(machine);
    return place === undefined ? { cores: 0, memoryMb: 0, gpus: 0 } : this.bookedAt(place);
  }
}
