import type { Resources } from "../../protocol/spec";
import type { Reservations } from "../runtime/reservation";
import type { Experience } from "./experience";
import type { FleetOperator, Glance } from "./fleet";
import { endOf, lateness } from "./pace";

/** Rises whenever things are to be looked at anew. */
let looks = 0;

/**
 * What runs on operators and their machines as of one moment: whatever kinds of tasks it is asked for, it looks once. What it saw is kept with
 * those, as every run of the matcher looks at many.
 */
export class Running {
  private asOf = ++looks;

  constructor(
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    /** Unix milliseconds. */
    private readonly now: number,
  ) {}

  /** @returns by how much an operator is slower now than expected; 1: nothing says so */
  latenessOf(operator: FleetOperator): number {
    if (operator.computing.size === 0) return 1;
    const glance = this.glanceAt(operator);
    return (glance.lateness ??= lateness(this.experience, operator, this.now));
  }

  /** @returns when an operator that could take so much, and has no room now, should have it, Unix milliseconds; nothing when it never does */
  roomAt({ address }: FleetOperator, need: Resources): number | undefined {
    return this.reservations.roomAfter(address, need, this.now, this.asOf);
  }

  /** @returns when an operator that takes no more tasks at once should take the next, Unix milliseconds; 0: nothing runs */
  slotAt(operator: FleetOperator): number {
    const glance = this.glanceAt(operator);
    return (glance.slotAt ??= this.nextSlot(operator));
  }

  /** Has all looked at again. */
  forget(): void {
    this.asOf = ++looks;
  }

  private glanceAt(operator: FleetOperator): Glance {
    const { asOf } = this;
    const glance = (operator.glance ??= { asOf, lateness: undefined, slotAt: undefined });
    if (glance.asOf === asOf) return glance;
    glance.asOf = asOf;
    glance.lateness = undefined;
    glance.slotAt = undefined;
    return glance;
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
