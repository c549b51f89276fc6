import type { Clock } from "../../../../offchain/runtime/clock";

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  private time = 1_800_000_000_000;
  private readonly timers = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Lets time pass and calls back what became due. */
  advance(ms: number): void {
    this.time += ms;
    for (const timer of [...this.timers])
      if (timer.at <= this.time && this.timers.delete(timer)) timer.callback();
  }
}
