import { FULL_BPS } from "../runtime/offer";
import type { Timers } from "../runtime/timers";
import type { Event } from "./event";
import type { SimRun } from "./run";

/** Ready tasks for which more is offered when nobody takes them in time, as the coordinator does it. */
export class Rises {
  private readonly waiting = new Map<SimRun, Event>();

  constructor(private readonly events: Timers<Event>) {}

  /** A task can be matched. */
  await(run: SimRun, now: number): void {
    if (run.offerBps >= FULL_BPS || this.waiting.has(run)) return;
    const event = { unwanted: run };
    this.waiting.set(run, event);
    this.events.set(event, now + run.limits.startSeconds * 1000);
  }

  taken(run: SimRun): void {
    const event = this.waiting.get(run);
    if (!event) return;
    this.waiting.delete(run);
    this.events.clear(event);
  }

  /** Nobody took a task in time. */
  due(run: SimRun, now: number): void {
    this.waiting.delete(run);
    if (!run.lane.has(run)) return;
    this.raise(run);
    this.await(run, now);
  }

  /** More is offered for a task from now on. */
  raise(run: SimRun): void {
    if (run.offerBps < FULL_BPS) run.rises++;
  }
}
