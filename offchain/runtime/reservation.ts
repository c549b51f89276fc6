import { FrobenError } from "../../protocol/errors";
import type { Resources } from "../../protocol/spec";
import { shortages, suffices, type Shortage } from "./shortage";

/** When something should end, as far as is known at a moment; both in Unix milliseconds. */
export type Ending = (now: number) => number;

/** What a machine has. */
export interface MachineTotals {
  cores: number;
  memoryMb: number;
  gpus: { vramMb: number }[];
}

interface Booking {
  machine: string;
  resources: Resources;
  /** Indices of the GPUs that it has for itself. */
  gpus: number[];
  ends: Ending;
}

interface Machine {
  totals: MachineTotals;
  cores: number;
  memoryMb: number;
  gpuTaken: boolean[];
  bookings: Map<string, Booking>;
}

/** Books cores, memory and whole GPUs of machines; what is booked never exceeds what a machine has. */
export class Reservations {
  private readonly machines = new Map<string, Machine>();
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
    });
  }

  /** Whether the machine, if it were empty, could take it. */
  couldFit(machine: string, need: Resources): boolean {
    const m = this.machines.get(machine);
    return m !== undefined && suffices(atMost(m, need), need);
  }

  /** What a known machine has too little of, if it were empty; nothing exactly when it could fit. */
  lacking(machine: string, need: Resources): Shortage[] {
    const m = this.machines.get(machine);
    return m ? shortages(atMost(m, need), need) : [];
  }

  /** Whether there is room now. */
  fits(machine: string, need: Resources): boolean {
    const m = this.machines.get(machine);
    return (
      m !== undefined &&
      m.cores + need.cores <= m.totals.cores &&
      m.memoryMb + need.memoryMb <= m.totals.memoryMb &&
      freeGpus(m, need).length >= need.gpus
    );
  }

  /**
   * @param key of the attempt that runs there
   * @returns the GPUs that it may use
   * @throws FrobenError `overbooked` when there is no room, `booked_twice`; nothing changes then
   */
  book(key: string, machine: string, resources: Resources, ends: Ending): number[] {
    if (this.bookings.has(key)) throw new FrobenError("booked_twice", `${key} has a booking`);
    if (!this.fits(machine, resources))
      throw new FrobenError("overbooked", `machine "${machine}" has no room for ${key}`);
    const m = this.machines.get(machine)!;
    const gpus = freeGpus(m, resources).slice(0, resources.gpus);
    const booking = { machine, resources, gpus, ends };
    for (const gpu of gpus) m.gpuTaken[gpu] = true;
    m.cores += resources.cores;
    m.memoryMb += resources.memoryMb;
    m.bookings.set(key, booking);
    this.bookings.set(key, booking);
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
    const m = this.machines.get(booking.machine)!;
    booking.ends = ends;
    for (const map of [this.bookings, m.bookings]) {
      map.delete(from);
      map.set(to, booking);
    }
  }

  /** Gives a booking back; a key without one is ignored. */
  free(key: string): void {
    const booking = this.bookings.get(key);
    if (!booking) return;
    const m = this.machines.get(booking.machine)!;
    m.cores -= booking.resources.cores;
    m.memoryMb -= booking.resources.memoryMb;
    for (const gpu of booking.gpus) m.gpuTaken[gpu] = false;
    m.bookings.delete(key);
    this.bookings.delete(key);
  }

  /**
   * When there should be room, if every booking ends as expected.
   * @returns Unix milliseconds, or undefined when there never is
   */
  expectedRoom(machine: string, need: Resources, now: number): number | undefined {
    if (!this.couldFit(machine, need)) return undefined;
    if (this.fits(machine, need)) return now;
    const m = this.machines.get(machine)!;
    let { cores, memoryMb } = m;
    let gpus = freeGpus(m, need).length;
    const ending = [...m.bookings.values()]
      .map((booking) => ({ booking, end: booking.ends(now) }))
      .sort((a, b) => a.end - b.end);
    for (const { booking, end } of ending) {
      cores -= booking.resources.cores;
      memoryMb -= booking.resources.memoryMb;
      gpus += booking.gpus.filter((gpu) => m.totals.gpus[gpu]!.vramMb >= need.vramMb).length;
      if (
        cores + need.cores <= m.totals.cores &&
        memoryMb + need.memoryMb <= m.totals.memoryMb &&
        gpus >= need.gpus
      )
        return Math.max(now, end);
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

/** All of a machine, as far as it is of use to a task: GPUs count when they have the memory that each must have. */
function atMost({ totals }: Machine, need: Resources): Resources {
  const { cores, memoryMb } = totals;
  const gpus = totals.gpus.filter((gpu) => gpu.vramMb >= need.vramMb).length;
  return { cores, memoryMb, gpus, vramMb: need.vramMb };
}

/** Free GPUs with enough memory, the smallest first, so that large ones stay for who needs them. */
function freeGpus(m: Machine, need: Resources): number[] {
  return m.totals.gpus
    .map((gpu, index) => ({ index, vramMb: gpu.vramMb }))
    .filter(({ index, vramMb }) => !m.gpuTaken[index] && vramMb >= need.vramMb)
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
