import type { Address } from "viem";
import type { Tracing } from "../../machine/spans";
import { traceOf, traceparentOf } from "../../protocol/trace-context";
import type { Clock } from "../runtime/clock";
import type { AttemptRun } from "./model";

/**
 * One trace for each attempt: a span from its assignment to its end, with what happened in between, and spans of what took time. Its
 * ids follow from the attempt, so nothing is kept for it but the times, and an attempt that outlives its coordinator stays one trace.
 */
export class AttemptTraces {
  private readonly events = new WeakMap<AttemptRun, { name: string; at: number }[]>();
  private readonly settledOnes = new WeakSet<AttemptRun>();

  constructor(
    private readonly tracing: Tracing,
    private readonly clock: Clock,
    private readonly place: { chainId: number; market: Address },
  ) {}

  /** @returns what the attempt's assignment carries */
  traceparent(workflow: number, task: number, attempt: number): string {
    return traceparentOf({ ...this.place, workflow, task, attempt });
  }

  /** Something happened to an attempt. */
  event(attempt: AttemptRun, name: "claimed" | "computed" | "validated"): void {
    const events = this.events.get(attempt);
    const event = { name, at: this.clock.now() };
    if (events) events.push(event);
    else this.events.set(attempt, [event]);
  }

  /** Something was done for an attempt, from a time (Unix ms) until now. */
  span(attempt: AttemptRun, name: string, from: number, error?: string): void {
    const parent = this.parentOf(attempt);
    const to = this.clock.now();
    this.tracing.span({ name, parent, from, to, attributes: this.attributes(attempt), error });
  }

  /** An attempt has ended. */
  ended(attempt: AttemptRun): void {
    const { task, number, outcome, reason, assignedAt, endedAt } = attempt;
    const failed = outcome !== "valid" ? { error: reason ?? String(outcome) } : {};
    this.tracing.span({
      name: `attempt of ${task.step.id}`,
      ids: traceOf({ ...this.place, workflow: task.run.id, task: task.index, attempt: number }),
      from: assignedAt,
      to: endedAt!,
      attributes: { ...this.attributes(attempt), outcome: String(outcome) },
      events: this.events.get(attempt) ?? [],
      ...failed,
    });
  }

  /** An attempt's pay is final: what has passed since its end was the challenge window. Said again, it changes nothing. */
  settled(attempt: AttemptRun): void {
    if (this.settledOnes.has(attempt) || attempt.endedAt === null) return;
    this.settledOnes.add(attempt);
    this.span(attempt, "settle", attempt.endedAt);
  }

  private parentOf({ task, number }: AttemptRun): string {
    return this.traceparent(task.run.id, task.index, number);
  }

  private attributes({ task, number, operator }: AttemptRun): Record<string, string | number> {
    const { run, index, step } = task;
    return { workflow: run.id, task: index, attempt: number, step: step.id, operator };
  }
}
