import type { Digest } from "../../protocol/digest";
import type { Lane, ReadyTask } from "../runtime/ready-queue";
import type { Experience } from "./experience";

/** A lane with ready tasks, in its turn. */
export interface Turn<T extends ReadyTask> {
  readonly lane: Lane<T>;
  /** Of its head, milliseconds. */
  readonly remaining: number;
  /** Whether it only gets one task started, and does not wait. */
  readonly isScout?: true;
}

/**
 * Which tasks a workflow that prefers money to time starts first: one of each program that nobody has run. Whom it needs is planned with how
 * long its tasks take, so the sooner that is known the less is paid for time that was not needed; and the tasks must be done anyway.
 */
export class Scouts {
  /** Programs of which a task was given out before anyone had run them. */
  private readonly sent = new Set<Digest>();

  constructor(private readonly experience: Experience) {}

  /**
   * @param urgent lanes with ready tasks, the most urgent first
   * @returns the same, with a workflow's scouts before its first lane
   */
  before<T extends ReadyTask>(urgent: readonly Turn<T>[]): readonly Turn<T>[] {
    const scouts = new Map<number, Map<Digest, Turn<T>>>();
    for (const { lane, remaining } of urgent) {
      const { workflow, program, withinSeconds } = lane.terms;
      if (withinSeconds === undefined || this.isKnown(program) || this.sent.has(program)) continue;
      const its = scouts.get(workflow) ?? new Map<Digest, Turn<T>>();
      if (!its.has(program))
        scouts.set(workflow, its.set(program, { lane, remaining, isScout: true }));
    }
    if (scouts.size === 0) return urgent;
    return urgent.flatMap((turn) => {
      const { workflow } = turn.lane.terms;
      const its = scouts.get(workflow);
      scouts.delete(workflow);
      return its ? [...its.values(), turn] : [turn];
    });
  }

  /** Notes that a task was given out. */
  gave<T extends ReadyTask>({ terms: { program, withinSeconds } }: Lane<T>): void {
    if (withinSeconds === undefined) return;
    if (this.isKnown(program)) this.sent.delete(program);
    else this.sent.add(program);
  }

  private isKnown(program: Digest): boolean {
    return this.experience.typicalMs(program) !== undefined;
  }
}
