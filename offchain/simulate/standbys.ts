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

  /** @param enabled whether copies are made */
  constructor(
    private readonly floor: Floor,
    private readonly enabled = false,
  ) {}

  of(run: SimRun): readonly Running[] {
    return this.running.get(run) ?? [];
  }

  started(running: Running): void {
    const list = this.running.get(running.run);
    if (list) list.push(running);
    else this.running.set(running.run, [running]);
  }

  ended(running: Running): void {
    const left = this.of(running.run).filter((other) => other !== running);
    if (left.length === 0) this.running.delete(running.run);
    else this.running.set(running.run, left);
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
    for (const list of this.running.values()) {
      const [holder] = list;
      if (list.length > 1 || !holder) continue;
      const { program } = holder.run.lane.terms;
      const usual = experience.typicalMs(program, holder.run.sizeClass);
      if (usual === undefined) continue;
      const from = stragglesFrom(holder, STANDBY, usual);
      if (from <= now) stragglers.push(holder);
      else again = Math.min(again, from);
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
