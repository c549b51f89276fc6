import type { Resources } from "../../protocol/spec";
import type { Reservations } from "../runtime/reservation";

const KINDS = ["cores", "memoryMb", "gpus"] as const;
type Kind = (typeof KINDS)[number];

/** What a machine was promised to, in one run of the matcher. */
interface Promised {
  /** When the first of these tasks should start, Unix milliseconds. */
  from: number;
  /** Milliseconds of the whole machine, by what they are short of there. */
  ms: Record<Kind, number>;
  /** What tasks side by side take of it. */
  beside: Record<Kind, number>;
}

const nothing = (): Record<Kind, number> => ({ cores: 0, memoryMb: 0, gpus: 0 });

/** Which machines wait for tasks that are more urgent than those that are looked at now. */
export class Outlook {
  private readonly promised = new Map<string, Promised>();
  /** Milliseconds of whole machines that tasks will take of those that were not looked at. */
  private readonly owed = nothing();

  constructor(private readonly reservations: Reservations) {}

  /** What a task is short of on a machine first, and the share of that it takes: as many fit side by side as that goes into 1. */
  shareOf(machine: string, need: Resources): { kind: Kind; share: number } {
    const { cores, memoryMb, gpus } = this.reservations.totalsOf(machine)!;
    let most: { kind: Kind; share: number } = { kind: "cores", share: need.cores / cores };
    const memory = need.memoryMb / memoryMb;
    if (memory > most.share) most = { kind: "memoryMb", share: memory };
    if (need.gpus > 0 && need.gpus / gpus.length >= most.share)
      most = { kind: "gpus", share: need.gpus / gpus.length };
    return most;
  }

  /**
   * Promises a machine to tasks.
   * @param from when the first should start, Unix milliseconds
   * @param taskMs of one of them
   */
  promise(machine: string, need: Resources, from: number, taskMs: number, count: number): void {
    let known = this.promised.get(machine);
    if (!known) this.promised.set(machine, (known = { from, ms: nothing(), beside: nothing() }));
    known.from = Math.min(known.from, from);
    const { kind, share } = this.shareOf(machine, need);
    known.ms[kind] += count * taskMs * share;
    const beside = Math.min(count, Math.max(1, Math.floor(1 / share)));
    for (const k of KINDS) known.beside[k] += need[k] * beside;
  }

  /** Notes tasks that machines will take which are not looked at, such as `machine`. */
  owe(machine: string, need: Resources, taskMs: number, count: number): void {
    const { kind, share } = this.shareOf(machine, need);
    this.owed[kind] += count * taskMs * share;
  }

  /** @returns how many tasks these machines could have taken in that time, if they are such as `machine` */
  owedTasks(machine: string, need: Resources, taskMs: number): number {
    const { kind, share } = this.shareOf(machine, need);
    return this.owed[kind] / (taskMs * share);
  }

  /** Whether a machine was promised to any task. */
  isPromised(machine: string): boolean {
    return this.promised.has(machine);
  }

  /** Milliseconds by which a task that is short of the same must wait for what the machine was promised to. */
  delayOf(machine: string, need: Resources): number {
    const known = this.promised.get(machine);
    return known ? known.ms[this.shareOf(machine, need).kind] : 0;
  }

  /** Whether a task that starts now, and ends at `end`, would be in the way of one that the machine was promised to. */
  isInTheWay(machine: string, need: Resources, end: number): boolean {
    const known = this.promised.get(machine);
    if (!known || end <= known.from) return false;
    const totals = this.reservations.totalsOf(machine)!;
    const booked = this.reservations.booked(machine);
    return KINDS.some((kind) => {
      const total = kind === "gpus" ? totals.gpus.length : totals[kind];
      return need[kind] > 0 && booked[kind] + known.beside[kind] + need[kind] > total;
    });
  }
}
