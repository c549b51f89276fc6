import type { Match } from "../matchmaker/match";
import { endOf } from "../matchmaker/pace";
import { STANDBY, stragglesFrom } from "../matchmaker/standby";
import { workOf, type Running } from "./attempt";
import type { Floor } from "./floor";
import type { SimRun } from "./run";

/** While a straggler has no copy, things are looked at again after so long, milliseconds. */
const LOOK_AGAIN_MS = 5_000;

/** Attempts under way, and standby copies of those that take too long: at most one a task. */
export class Standbys {
  private readonly running = new Map<SimRun, Running[]>();
  /** Tasks of which the same is usual, whose attempts have no copies: in the order in which these began. */
  private readonly alike = new Map<string, Set<SimRun>>();
  /** Copies that have outlived the other attempt. */
  private readonly left = new Set<SimRun>();

  /** @param enabled whether copies are made */
  constructor(
    private readonly floor: Floor,
    private readonly enabled = false,
  ) {}

  of(run: SimRun): readonly Running[] {
    return this.running.get(run) ?? [];
  }

  started(running: Running): void {
    const { run } = running;
    const list = this.running.get(run);
    if (!list) {
      this.running.set(run, [running]);
      if (this.enabled) this.alikeTo(run).add(run);
      return;
    }
    list.push(running);
    this.alikeTo(run).delete(run);
    this.left.delete(run);
  }

  ended(running: Running): void {
    const { run } = running;
    const left = this.of(run).filter((other) => other !== running);
    if (left.length > 0) {
      this.running.set(run, left);
      this.left.add(run);
      return;
    }
    this.running.delete(run);
    if (!this.enabled) return;
    this.alikeTo(run).delete(run);
    this.left.delete(run);
  }

  private alikeTo({ lane, sizeClass }: SimRun): Set<SimRun> {
    const key = `${lane.terms.program}/${sizeClass}`;
    let alike = this.alike.get(key);
    if (!alike) this.alike.set(key, (alike = new Set()));
    return alike;
  }

  /**
   * Makes the copies that are worth it, of the most urgent tasks first.
   * @param take starts a copy; called before the next one is looked for
   * @returns when to look again, Unix milliseconds; Infinity when there is no need to
   */
  make(now: number, take: (match: Match<SimRun>) => void): number {
    if (!this.enabled) return Infinity;
    const { experience, matcher } = this.floor;
    let again = Infinity;
    const stragglers: Running[] = [];
    for (const runs of [...this.alike.values(), this.left])
      for (const run of runs) {
        const [holder] = this.of(run);
        const usual = experience.typicalMs(run.lane.terms.program, run.sizeClass);
        if (usual === undefined || !holder) continue;
        const from = stragglesFrom(holder, STANDBY, usual);
        if (from <= now) stragglers.push(holder);
        else {
          again = Math.min(again, from);
          // Those that began later straggle later.
          if (runs !== this.left) break;
        }
      }
    const urgency = ({ run }: Running) => run.lane.remainingMs(run.level);
    stragglers.sort((a, b) => urgency(b) - urgency(a) || a.startedAt - b.startedAt);
    for (const holder of stragglers) {
      const { run, chain, startedAt } = holder;
      const { fleet } = chain.host;
      const holderMs = endOf(experience, fleet.address, workOf(run, startedAt, fleet), now) - now;
      const lane = run.lane.partOf(run);
      const match = matcher.standby(lane, run, fleet, holderMs, STANDBY, now);
      if (match) take(match);
      else again = Math.min(again, now + LOOK_AGAIN_MS);
    }
    return again;
  }
}
