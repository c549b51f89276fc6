import type { Ended } from "../runtime/machine";
import type { Reservations } from "../runtime/reservation";
import type { Experience } from "./experience";
import type { FleetOperator } from "./fleet";
import { endOf, lateness } from "./pace";

/** What runs on operators and their machines as of one moment: whatever kinds of tasks it is asked for, it looks once. */
export class Running {
  // By address, and by machine.
  private readonly late = new Map<string, number>();
  private readonly slots = new Map<string, number>();
  private readonly endings = new Map<string, readonly Ended[]>();

  constructor(
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    /** Unix milliseconds. */
    private readonly now: number,
  ) {}

  /** @returns by how much an operator is slower now than expected; 1: nothing says so */
  latenessOf(operator: FleetOperator): number {
    let known = this.late.get(operator.address);
    if (known === undefined)
      this.late.set(operator.address, (known = lateness(this.experience, operator, this.now)));
    return known;
  }

  /** @returns bookings of a machine as they should end, the first first */
  endingsOf(machine: string): readonly Ended[] {
    let known = this.endings.get(machine);
    if (!known) this.endings.set(machine, (known = this.reservations.endings(machine, this.now)));
    return known;
  }

  /** @returns when an operator that takes no more tasks at once should take the next, Unix milliseconds; 0: nothing runs */
  slotAt(operator: FleetOperator): number {
    let known = this.slots.get(operator.address);
    if (known === undefined) this.slots.set(operator.address, (known = this.nextSlot(operator)));
    return known;
  }

  /** Has an operator looked at again. */
  forget(address: string): void {
    this.late.delete(address);
    this.slots.delete(address);
  }

  /** Has what ends on a machine looked at again. */
  forgetMachine(machine: string): void {
    this.endings.delete(machine);
  }

  private nextSlot({ address, computing, queued }: FleetOperator): number {
    let first = Infinity;
    let last = 0;
    for (const work of computing.values()) {
      const end = endOf(this.experience, address, work, this.now);
      first = Math.min(first, end);
      last = Math.max(last, end);
    }
    // Who has a queue works it off first.
    if (queued > 0) return last;
    return first === Infinity ? 0 : first;
  }
}
