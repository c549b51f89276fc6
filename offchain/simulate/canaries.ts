import { LIMITS } from "../../protocol/limits";
import { Canaries } from "../matchmaker/canaries";
import type { Timers } from "../runtime/timers";
import { conductOf } from "./conduct";
import type { Event, SimCanary, SimQuestion } from "./event";
import type { Floor, Host } from "./floor";
import { lanesOf } from "./lanes";
import type { SimTask, SimWorkflow } from "./model";
import type { Simulation } from "./result";
import { UNHEARD_SECONDS, type SimRun } from "./run";

/** The coordinator's default. */
const IDLE_MS = 30_000;
/** The coordinator looks every second. */
const LOOK_MS = 5_000;

/** Canaries of a simulated market: asked by the production rule, answered as the operators' faults have it. */
export class SimCanaries {
  readonly tally: Simulation["canaries"] = { right: 0, wrong: 0, displaced: 0, seconds: 0 };
  private readonly canaries: Canaries<SimQuestion>;
  private readonly open = new Map<Host, SimCanary>();
  private asked = 0;

  /** @param finished workflows that were done before, and not by anybody of this market */
  constructor(
    private readonly floor: Floor,
    private readonly events: Timers<Event>,
    private readonly seed: number,
    finished: readonly SimWorkflow[],
  ) {
    const { fleet, reservations, experience } = floor;
    this.canaries = new Canaries(fleet, reservations, experience, String(seed), IDLE_MS);
    for (const { fleet: operator } of floor.hosts) this.canaries.joined(operator);
    for (const [w, workflow] of finished.entries()) {
      const lanes = lanesOf(workflow, -1 - w, experience, false, new Map());
      for (const [i, task] of workflow.tasks.entries())
        if (task.seconds > 0) this.learn(`before/${w}/${i}`, lanes[i]!, task, "");
    }
  }

  /** A task was done, and its result found valid. */
  done({ key, lane, task }: SimRun, { fleet }: Host): void {
    this.learn(key, lane, task, fleet.address);
  }

  /** Asks whoever may be asked now. @returns when to look again, unless nothing else is to come; Unix milliseconds */
  look(now: number): number {
    for (const { operator, question } of this.canaries.choose(now)) {
      const host = this.floor.hostOf(operator.address);
      const runSeconds = Math.min(question.task.runSeconds, LIMITS.canaryRunSeconds);
      const luck = `${this.seed}/canary/${this.asked++}`;
      const { outcome, end } = answerOf(question.task, runSeconds, host, luck, now);
      const canary: SimCanary = { asks: question, host, startedAt: now, outcome };
      this.open.set(host, canary);
      this.events.set(canary, end);
    }
    return this.canaries.isWanted ? now + LOOK_MS : Infinity;
  }

  /** Real work begins on a host: it gives its canary back. */
  displace(host: Host): void {
    const canary = this.open.get(host);
    if (!canary) return;
    this.events.clear(canary);
    this.open.delete(host);
    this.tally.displaced++;
    this.canaries.over(host.fleet.address);
  }

  /** A canary was answered, or was to be by now. */
  end({ asks, host, startedAt, outcome }: SimCanary, now: number): void {
    const { address } = host.fleet;
    const { program } = asks.terms;
    const { experience } = this.floor;
    const wallMs = now - startedAt;
    this.open.delete(host);
    this.canaries.over(address);
    this.tally.seconds += wallMs / 1000;
    this.tally[outcome === "done" ? "right" : "wrong"]++;
    if (outcome === "done") experience.passed(program, address, wallMs);
    else experience.missed(program, address, outcome === "run_timeout" ? wallMs : 0);
  }

  private learn(key: string, lane: SimRun["lane"], task: SimTask, maker: string): void {
    this.canaries.learn({ key, terms: lane.terms, maker, task });
  }
}

/**
 * How a canary that begins now will end: answered, or not in its time.
 * @returns and when, Unix milliseconds
 */
function answerOf(
  task: SimTask,
  runSeconds: number,
  { operator, voice }: Host,
  luck: string,
  now: number,
): Pick<SimCanary, "outcome"> & { end: number } {
  const { outcome, takesMs, isSilent } = conductOf(task, operator, luck);
  const unheard = Math.max(
    now + 1,
    (isSilent ? now : voice.lastWord(now)) + UNHEARD_SECONDS * 1000,
  );
  const late = now + runSeconds * 1000;
  const told = isSilent ? Infinity : voice.nextWord(now + takesMs);
  if (told <= Math.min(unheard, late)) return { outcome, end: told };
  return unheard < late || isSilent
    ? { outcome: "silence", end: unheard }
    : { outcome: "run_timeout", end: late };
}

/** What is counted where no canaries are asked. */
export const NO_CANARIES: Simulation["canaries"] = { right: 0, wrong: 0, displaced: 0, seconds: 0 };
