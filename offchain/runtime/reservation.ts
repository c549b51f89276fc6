import { FrobenError } from "../../protocol/errors";
import type { Resources } from "../../protocol/spec";
import { Changes } from "./changes";
import { shortages, suffices, type Shortage } from "./shortage";

/** When something should end, as far as is known at a moment; both in Unix milliseconds. */
export type Ending = (now: number) => number;

/** What a machine has. */
export interface MachineTotals {
  cores: number;
  memoryMb: number;
  gpus: { vramMb: number }[];
}

/** Cores and memory that are booked. */
interface Used {
  cores: number;
  memoryMb: number;
}

interface Machine extends Used {
  totals: MachineTotals;
  gpuTaken: boolean[];
  bookings: Map<string, Booking>;
  /** Operators that offer some of it. */
  operators: Set<string>;
}

/** What an operator offers of a machine, and how much of that is booked. */
interface Share extends Used {
  machine: Machine;
  offer: Resources;
  /** Indices of the GPUs that it uses. */
  devices: ReadonlySet<number>;
}

interface Booking {
  share: Share;
  resources: Resources;
  /** Indices of the GPUs that it has for itself. */
  gpus: number[];
  ends: Ending;
}

/**
 * Books cores, memory and whole GPUs of machines for their operators; what is booked never exceeds what a machine has, nor what an
 * operator offers of it.
 */
export class Reservations {
  /** Operators that may have more or less room than before. */
  readonly changes = new Changes<string>();
  private readonly machines = new Map<string, Machine>();
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
    this.machines.set(id, {
      totals,
      cores: 0,
      memoryMb: 0,
      gpuTaken: totals.gpus.map(() => false),
      bookings: new Map(),
      operators: known?.operators ?? new Set(),
    });
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
    if (!share || !hasRoom(share.machine, share.machine.totals, need)) return "machine";
    const free = freeGpus(share.machine, need);
    if (free.length < need.gpus) return "machine";
    const own = free.filter((gpu) => share.devices.has(gpu));
    return hasRoom(share, share.offer, need) && own.length >= need.gpus ? undefined : "in_use";
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
    const own = freeGpus(machine, resources).filter((gpu) => share.devices.has(gpu));
    const gpus = own.slice(0, resources.gpus);
    const booking = { share, resources, gpus, ends };
    for (const gpu of gpus) machine.gpuTaken[gpu] = true;
    for (const used of [machine, share]) {
      used.cores += resources.cores;
      used.memoryMb += resources.memoryMb;
    }
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
    const { share, resources, gpus } = booking;
    const { machine } = share;
    for (const used of [machine, share]) {
      used.cores -= resources.cores;
      used.memoryMb -= resources.memoryMb;
    }
    for (const gpu of gpus) machine.gpuTaken[gpu] = false;
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
    if (!this.couldFit(operator, need)) return undefined;
    return this.fits(operator, need) ? now : this.roomAfter(operator, need, now);
  }

  /** The same of an operator that could take it, and has no room now. */
  roomAfter(operator: string, need: Resources, now: number): number | undefined {
    const share = this.shares.get(operator)!;
    const { machine, offer } = share;
    const inAll = { cores: machine.cores, memoryMb: machine.memoryMb };
    const ofIts = { cores: share.cores, memoryMb: share.memoryMb };
    let gpus = freeGpus(machine, need).filter((gpu) => share.devices.has(gpu)).length;
    const ending = [...machine.bookings.values()]
      .map((booking) => ({ booking, end: booking.ends(now) }))
      .sort((a, b) => a.end - b.end);
    for (const { booking, end } of ending) {
      for (const used of booking.share === share ? [inAll, ofIts] : [inAll]) {
        used.cores -= booking.resources.cores;
        used.memoryMb -= booking.resources.memoryMb;
      }
      gpus += booking.gpus.filter((gpu) => isFor(share, gpu, need)).length;
      const both = hasRoom(inAll, machine.totals, need) && hasRoom(ofIts, offer, need);
      if (both && gpus >= need.gpus) return Math.max(now, end);
    }
    return undefined;
  }

  /** What a machine has in all. */
  totalsOf(machine: string): MachineTotals | undefined {
    return this.machines.get(machine)?.totals;
  }

  /** What is booked of a machine. */
  booked(machine: string): { cores: number; memoryMb: number; gpus: number } {
    const m = this.machines.get(machine);
    return {
      cores: m?.cores ?? 0,
      memoryMb: m?.memoryMb ?? 0,
      gpus: m?.gpuTaken.filter(Boolean).length ?? 0,
    };
  }
}

function hasRoom(used: Used, all: Used, need: Used): boolean {
  return used.cores + need.cores <= all.cores && used.memoryMb + need.memoryMb <= all.memoryMb;
}

/** Whether a GPU is one of the operator's, with the memory that each must have. */
function isFor({ machine, devices }: Share, gpu: number, need: Resources): boolean {
  return devices.has(gpu) && machine.totals.gpus[gpu]!.vramMb >= need.vramMb;
}

/** Whether an operator, if it and its machine did nothing, could take it. */
function canHold(share: Share, need: Resources): boolean {
  const { machine, offer } = share;
  const { totals } = machine;
  const { cores, memoryMb, gpus } = need;
  if (cores > Math.min(totals.cores, offer.cores)) return false;
  if (memoryMb > Math.min(totals.memoryMb, offer.memoryMb)) return false;
  return gpus === 0 || suffices(atMost(share, need), need);
}

/** All that the operator could use, as far as it is of use to a task. */
function atMost(share: Share, need: Resources): Resources {
  const { machine, offer } = share;
  const { totals } = machine;
  return {
    cores: Math.min(totals.cores, offer.cores),
    memoryMb: Math.min(totals.memoryMb, offer.memoryMb),
    gpus: need.gpus === 0 ? 0 : totals.gpus.filter((_, gpu) => isFor(share, gpu, need)).length,
    vramMb: need.vramMb,
  };
}

/** Free GPUs with enough memory, the smallest first, so that large ones stay for who needs them. */
function freeGpus({ totals, gpuTaken }: Machine, need: Resources): number[] {
  if (need.gpus === 0) return [];
  return totals.gpus
    .map((gpu, index) => ({ index, vramMb: gpu.vramMb }))
    .filter(({ index, vramMb }) => !gpuTaken[index] && vramMb >= need.vramMb)
    .sort((a, b) => a.vramMb - b.vramMb)
    .map(({ index }) => index);
}

function same(a: MachineTotals, b: MachineTotals): boolean {
  return (
    a.cores === b.cores &&
    a.memoryMb === b.memoryMb &&
    a.gpus.length === b.gpus.length &&
    a.gpus.every((gpu, i) => gpu.vramMb === b.gpus[i]!.vramMb)
  );
}
