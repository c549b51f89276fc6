import type { Match } from "../matchmaker/match";
import { remainingMs, stragglesFrom } from "../matchmaker/standby";
import { lookAtStragglers } from "../matchmaker/stragglers";
import { Timers } from "../runtime/timers";
import type { Attempt, Running } from "./attempt";
import type { Floor } from "./floor";
import type { SimRun } from "./run";

/** Where copies are made though no spec says when: a task is a straggler once it runs for so many times what it usually takes. */
const AFTER_FACTOR = 2;

/** Attempts under way, and standby copies of those that take too long. */
export class Standbys {
  /** Of each task the one that holds it first, and its copy. */
  private readonly running = new Map<SimRun, Running[]>();
  /** When those are looked at that may have copies. */
  private readonly stragglers = new Timers<Running>();

  /**
   * @param isOpen whether a workflow is neither done nor failed
   * @param enabled whether copies are made of what no spec says that of, too
   */
  constructor(
    private readonly floor: Floor,
    private readonly isOpen: (workflow: number) => boolean,
    private readonly enabled = false,
  ) {}

  /** @returns attempts of a task that run: the one that holds it first, and its copy */
  of(run: SimRun): readonly Running[] {
    return this.running.get(run) ?? [];
  }

  /** Whether an attempt runs as a copy beside another. */
  isBeside(attempt: Attempt): boolean {
    const [holder] = this.of(attempt.run);
    return holder !== undefined && holder !== attempt;
  }

  started(running: Running): void {
    const { run, startedAt } = running;
    const list = this.running.get(run);
    if (list) list.push(running);
    else {
      this.running.set(run, [running]);
      if (this.factorOf(run) !== undefined) this.stragglers.set(running, startedAt);
    }
  }

  ended(running: Running, now: number): void {
    const { run } = running;
    const [holder] = this.of(run);
    const left = this.of(run).filter((other) => other !== running);
    this.stragglers.clear(running);
    if (left.length === 0) this.running.delete(run);
    else this.running.set(run, left);
    // Its copy takes its place, and may have one itself.
    if (holder === running && left.length > 0) this.stragglers.set(left[0]!, now);
  }

  /** @returns when to look at stragglers, Unix milliseconds; Infinity while there is no need to */
  next(): number {
    return this.stragglers.next() ?? Infinity;
  }

  /**
   * Makes the copies that are worth it, as the coordinator does.
   * @param take starts a copy; called before the next one is looked for
   */
  make(now: number, take: (match: Match<SimRun>) => void): void {
    const { experience, matcher } = this.floor;
    lookAtStragglers(this.stragglers, now, {
      from: ({ run, number, startedAt }) => {
        // A later number is a copy of it, which has ended: there is one for each attempt.
        const isFirst = run.nextAttempt === number + 1;
        const factor = this.factorOf(run);
        if (!isFirst || factor === undefined || !this.isOpen(run.workflowIndex)) return undefined;
        const usualMs = experience.typicalMs(run.lane.terms.program, run.sizeClass);
        return usualMs === undefined ? "unknown" : stragglesFrom({ startedAt }, factor, usualMs);
      },
      copy: ({ run, chain, startedAt }) => {
        // Nobody says how far it is.
        const holderMs = remainingMs({ startedAt, progress: 0, risenAt: startedAt }, now);
        const match = matcher.standby(run.lane.partOf(run), run, chain.host.fleet, holderMs, now);
        if (match) take(match);
        return match !== undefined;
      },
    });
  }

  private factorOf(run: SimRun): number | undefined {
    const told = run.workflow.spec && run.step.standby?.afterFactor;
    return told ?? (this.enabled ? AFTER_FACTOR : undefined);
  }
}
