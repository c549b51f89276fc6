import type { Digest } from "../../protocol/digest";
import type { Lane, ReadyTask, Turn } from "../runtime/ready-queue";
import type { Experience } from "./experience";

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
   * @returns by the first of a workflow's lanes: of which lanes one task is to be started before, and none is to wait
   */
  before<T extends ReadyTask>(urgent: readonly Turn<T>[]): ReadonlyMap<Lane<T>, Lane<T>[]> {
    const scouts = new Map<Lane<T>, Lane<T>[]>();
    const firsts = new Map<number, Lane<T>>();
    const found = new Set<string>();
    for (const { lane } of urgent) {
      const { workflow, program, withinSeconds } = lane.terms;
      if (withinSeconds === undefined) continue;
      const first = firsts.get(workflow) ?? lane;
      firsts.set(workflow, first);
      const scout = `${workflow}/${program}`;
      if (this.isKnown(program) || this.sent.has(program) || found.has(scout)) continue;
      found.add(scout);
      scouts.set(first, [...(scouts.get(first) ?? []), lane]);
    }
    return scouts;
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
