import type { Resources } from "../../protocol/spec";

// What is booked of one machine, and of what an operator offers of it. Pure.

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

export interface Machine extends Used {
  /** Among all machines. */
  readonly place: number;
  totals: MachineTotals;
  gpuTaken: boolean[];
  /** How many of them are taken. */
  gpusTaken: number;
  bookings: Map<string, Booking>;
  /** Those, the first to end first, as of the last look at it. */
  endings: Booking[];
  /** Which look that was. */
  endingsAsOf: number;
  /** Operators that offer some of it. */
  operators: Set<string>;
}

/** What an operator offers of a machine, and how much of that is booked. */
export interface Share extends Used {
  machine: Machine;
  offer: Resources;
  /** Indices of the GPUs that it uses. */
  devices: ReadonlySet<number>;
}

export interface Booking {
  readonly share: Share;
  readonly resources: Resources;
  /** Indices of the GPUs that it has for itself. */
  readonly gpus: number[];
  ends: Ending;
  /** When that should be, as of the last look at its machine; Unix milliseconds. */
  end: number;
}

/** Whether two say the same of a machine. */
export function same(a: MachineTotals, b: MachineTotals): boolean {
  return (
    a.cores === b.cores &&
    a.memoryMb === b.memoryMb &&
    a.gpus.length === b.gpus.length &&
    a.gpus.every((gpu, i) => gpu.vramMb === b.gpus[i]!.vramMb)
  );
}

/** Books, or with -1 gives back. */
export function count({ share, resources, gpus }: Booking, times: 1 | -1): void {
  const { machine } = share;
  for (const used of [machine, share]) {
    used.cores += times * resources.cores;
    used.memoryMb += times * resources.memoryMb;
  }
  for (const gpu of gpus) machine.gpuTaken[gpu] = times > 0;
  machine.gpusTaken += times * gpus.length;
}

/** Whether an operator, if it and its machine did nothing, could take it. */
export function canHold(share: Share, need: Resources): boolean {
  const { machine, offer } = share;
  const { totals } = machine;
  const { cores, memoryMb, gpus } = need;
  if (cores > Math.min(totals.cores, offer.cores)) return false;
  if (memoryMb > Math.min(totals.memoryMb, offer.memoryMb)) return false;
  return gpus === 0 || usableGpus(share, need) >= gpus;
}

/** All that the operator could use, as far as it is of use to a task. */
export function atMost(share: Share, need: Resources): Resources {
  const { machine, offer } = share;
  const { totals } = machine;
  return {
    cores: Math.min(totals.cores, offer.cores),
    memoryMb: Math.min(totals.memoryMb, offer.memoryMb),
    gpus: need.gpus === 0 ? 0 : usableGpus(share, need),
    vramMb: need.vramMb,
  };
}

/** @returns what has no room now: the machine, or of it what the operator offers, which is in use */
export function obstacleOf(share: Share, need: Resources): "machine" | "in_use" | undefined {
  const { machine, offer } = share;
  if (!hasRoom(machine, machine.totals, need)) return "machine";
  let own = 0;
  if (need.gpus > 0) {
    const { gpus } = machine.totals;
    let free = 0;
    for (let gpu = 0; gpu < gpus.length; gpu++) {
      if (machine.gpuTaken[gpu] || gpus[gpu]!.vramMb < need.vramMb) continue;
      free++;
      if (share.devices.has(gpu)) own++;
    }
    if (free < need.gpus) return "machine";
  }
  return hasRoom(share, offer, need) && own >= need.gpus ? undefined : "in_use";
}

/** Free GPUs of an operator with enough memory, the smallest first, so that large ones stay for who needs them. */
export function freeGpus({ machine, devices }: Share, need: Resources): number[] {
  const { totals, gpuTaken } = machine;
  const free: number[] = [];
  if (need.gpus === 0) return free;
  for (const [gpu, { vramMb }] of totals.gpus.entries())
    if (!gpuTaken[gpu] && vramMb >= need.vramMb && devices.has(gpu)) free.push(gpu);
  return free.sort((a, b) => totals.gpus[a]!.vramMb - totals.gpus[b]!.vramMb);
}

/**
 * Looks at when bookings of a machine should end.
 * @param asOf names the look
 * @returns them, the first first, until it is looked at again
 */
export function endingsOf(machine: Machine, now: number, asOf: number): readonly Booking[] {
  const { bookings, endings } = machine;
  machine.endingsAsOf = asOf;
  let count = 0;
  for (const booking of bookings.values()) {
    booking.end = booking.ends(now);
    // There are few: each is put where it belongs.
    let at = count++;
    for (; at > 0 && endings[at - 1]!.end > booking.end; at--) endings[at] = endings[at - 1]!;
    endings[at] = booking;
  }
  endings.length = count;
  return endings;
}

/**
 * When an operator that has no room now should have it.
 * @param endings of its machine
 * @returns Unix milliseconds; nothing when it never does
 */
export function roomAfter(
  share: Share,
  need: Resources,
  endings: readonly Booking[],
  now: number,
): number | undefined {
  const { machine, offer } = share;
  const { totals } = machine;
  // What is booked of the machine, and of what the operator offers of it, once these have ended.
  let { cores, memoryMb } = machine;
  let { cores: ownCores, memoryMb: ownMemoryMb } = share;
  let gpus = need.gpus > 0 ? freeGpus(share, need).length : 0;
  for (let i = 0; i < endings.length; i++) {
    const booking = endings[i]!;
    const { resources } = booking;
    cores -= resources.cores;
    memoryMb -= resources.memoryMb;
    if (booking.share === share) {
      ownCores -= resources.cores;
      ownMemoryMb -= resources.memoryMb;
    }
    for (const gpu of booking.gpus) if (isFor(share, gpu, need)) gpus++;
    if (gpus < need.gpus) continue;
    if (cores + need.cores > totals.cores || memoryMb + need.memoryMb > totals.memoryMb) continue;
    if (ownCores + need.cores > offer.cores || ownMemoryMb + need.memoryMb > offer.memoryMb)
      continue;
    return Math.max(now, booking.end);
  }
  return undefined;
}

function hasRoom(used: Used, all: Used, need: Used): boolean {
  return used.cores + need.cores <= all.cores && used.memoryMb + need.memoryMb <= all.memoryMb;
}

/** Whether a GPU is one of the operator's, with the memory that each must have. */
function isFor({ machine, devices }: Share, gpu: number, need: Resources): boolean {
  return machine.totals.gpus[gpu]!.vramMb >= need.vramMb && devices.has(gpu);
}

function usableGpus(share: Share, need: Resources): number {
  let usable = 0;
  for (const gpu of share.machine.totals.gpus.keys()) if (isFor(share, gpu, need)) usable++;
  return usable;
}
