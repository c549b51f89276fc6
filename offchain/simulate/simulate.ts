import type { Match } from "../matchmaker/match";
import { Timers } from "../runtime/timers";
import { Account } from "./account";
import { Attempts } from "./attempts";
import type { Baseline } from "./baseline";
import { NO_CANARIES, SimCanaries } from "./canaries";
import type { Event } from "./event";
import { Floor, type Host } from "./floor";
import { graphOf, type WorkflowGraph } from "./graphs";
import { START_MS } from "./model";
import { baseline, type BaselineName } from "./policies";
import { Rises } from "./rises";
import type { Simulation, SimulationOptions } from "./result";
import type { SimRun } from "./run";
import { Standbys } from "./standbys";
import { summary } from "./summary";

/** What a copy has computed takes effect so much later, once the other operator has given its claim back: a block and a message. Milliseconds. */
const RELEASE_MS = 15_000;
/** After so many seconds without a word from an operator it is taken to be gone: the coordinator's default. */
const GONE_SECONDS = 60;

/** One simulation: a market floor, a policy, and events in the order of their moments. */
class Simulator {
  private readonly floor: Floor;
  private readonly baseline?: Baseline;
  private readonly events = new Timers<Event>();
  private readonly rises = new Rises(this.events);
  private readonly account: Account;
  private readonly standbys: Standbys;
  private readonly attempts: Attempts;
  private readonly graphs: WorkflowGraph[];
  private readonly canaries?: SimCanaries;
  private readonly ends: (number | null)[];
  private readonly failed = new Set<number>();
  /** Tasks that were not run to an end, though their workflow went on; by workflow. */
  private readonly dropped: { failed: number; leftOut: number }[];
  /** Workflows that are neither done nor failed. */
  private unfinished: number;
  private now = START_MS;

  constructor(private readonly options: SimulationOptions) {
    const { workflows, operators, policy, seed, knownDurations = false } = options;
    const { learned = [], grown, weights = {} } = options;
    this.floor = new Floor(workflows, operators, seed, knownDurations, learned, grown, weights);
    this.standbys = new Standbys(this.floor, (workflow) => this.isOpen(workflow), options.standby);
    if (policy === "froben" && options.canaries)
      this.canaries = new SimCanaries(this.floor, this.events, seed, options.canaries);
    this.account = new Account(options);
    if (policy !== "froben") this.baseline = baseline(policy as BaselineName, this.floor, seed);
    this.attempts = new Attempts({ ...this.parts(), seed }, policy !== "froben", {
      changed: (host) => this.baseline?.changed(host),
      displace: (host) => this.canaries?.displace(host),
      done: (run, host, isLate) => {
        this.canaries?.done(run, host);
        if (isLate) this.events.set({ released: run }, this.now + RELEASE_MS);
        else this.done(run);
      },
      gaveUp: (run, failure) => this.graphs[run.workflowIndex]!.gaveUp(run, failure),
    });
    const listener = {
      ready: (run: SimRun) => this.ready(run),
      dropped: (run: SimRun) => this.drop(run),
      ended: (workflow: number, how: "done" | "failed") => this.ended(workflow, how),
    };
    this.graphs = workflows.map((workflow, w) => graphOf(workflow, w, this.floor, listener));
    this.ends = workflows.map(() => null);
    this.dropped = workflows.map(() => ({ failed: 0, leftOut: 0 }));
    this.unfinished = workflows.length;
    this.floor.checkPlaceable();
  }

  private parts() {
    const { floor, events, account, standbys, rises } = this;
    return { floor, events, account, standbys, rises };
  }

  run(): Simulation {
    for (const host of this.floor.hosts) this.expect(host);
    for (const [w, { arrivesAt = 0 }] of this.options.workflows.entries())
      if (arrivesAt === 0) this.arrive(w);
      else this.events.set({ arrives: w }, START_MS + arrivesAt * 1000);
    for (let at = this.next(); at !== undefined; at = this.next()) {
      if (this.unfinished === 0) break;
      this.now = at;
      const due = this.events.due(at);
      for (const event of due) this.on(event);
      // A time limit that has moved away is no event.
      if (this.attempts.expire(at) + due.length > 0) this.dispatch();
    }
    return this.result();
  }

  /** @returns the moment of what happens next */
  private next(): number | undefined {
    const [event, limit] = [this.events.next(), this.attempts.next()];
    return event === undefined || (limit !== undefined && limit < event) ? limit : event;
  }

  /** When a host comes and goes, as the market sees it. */
  private expect(host: Host): void {
    this.events.set({ host, online: true }, START_MS + host.operator.joinsAt * 1000);
    for (const { from, to } of host.voice.silences) {
      const gone = from + GONE_SECONDS * 1000;
      if (gone < to) this.events.set({ host, online: false }, gone);
      if (to !== Infinity) this.events.set({ speaks: host }, to);
    }
  }

  private on(event: Event): void {
    if (event === "look") return;
    if ("again" in event) this.ready(event.again);
    else if ("released" in event) this.done(event.released);
    else if ("asks" in event) this.canaries!.end(event, this.now);
    else if ("unwanted" in event) this.rises.due(event.unwanted, this.now);
    else if ("arrives" in event) this.arrive(event.arrives);
    else if ("unlocks" in event) event.host.fleet.promise(-event.unlocks);
    else if ("online" in event) this.show(event.host, event.online);
    else if ("speaks" in event) {
      this.attempts.speaks(event.speaks, this.now);
      this.show(event.speaks, true);
    } else this.attempts.end(event, this.now);
  }

  private show(host: Host, online: boolean): void {
    host.fleet.set({ online });
    this.baseline?.changed(host);
  }

  private arrive(workflow: number): void {
    this.floor.open(workflow);
    this.graphs[workflow]!.begin();
  }

  /** Lets a task be given out; one without work is over at once. */
  private ready(run: SimRun): void {
    if (this.failed.has(run.workflowIndex)) return;
    if (run.task.seconds === 0) this.done(run);
    else if (this.baseline) this.baseline.add(run);
    else {
      this.floor.add(run);
      this.rises.await(run, this.now);
    }
  }

  private done(run: SimRun): void {
    this.graphs[run.workflowIndex]!.done(run);
  }

  /** A task will not be run any more, and its workflow goes on. */
  private drop(run: SimRun): void {
    const hasBegun = run.nextAttempt > 1;
    if (!hasBegun) this.floor.begins(run);
    this.dropped[run.workflowIndex]![run.state === "left_out" ? "leftOut" : "failed"]++;
  }

  private dispatch(): void {
    if (!this.baseline) {
      const take = (match: Match<SimRun>) => this.take(match);
      const again = this.floor.matcher.run(this.now, take) ?? Infinity;
      this.standbys.make(this.now, take);
      this.events.clear("look");
      const look = Math.min(again, this.standbys.next(), this.lookForCanaries());
      if (look !== Infinity) this.events.set("look", look);
      return;
    }
    for (let pick = this.baseline.next(this.now); pick; pick = this.baseline.next(this.now))
      if (!this.failed.has(pick.run.workflowIndex))
        this.attempts.give([pick.run], 1, pick.host, 0n, this.now);
  }

  /** @returns when to look again: not for ever, when there is nothing else to come */
  private lookForCanaries(): number {
    const again = this.canaries?.look(this.now) ?? Infinity;
    return this.next() === undefined ? Infinity : again;
  }

  private take({ operator, tasks, slots, price, decision }: Match<SimRun>): void {
    this.account.decided(decision);
    this.attempts.give(tasks, slots, this.floor.hostOf(operator.address), price, this.now);
  }

  private isOpen(workflow: number): boolean {
    return !this.failed.has(workflow) && this.ends[workflow] === null;
  }

  /** A workflow has come to its end. Of one that failed nothing is given out any more. */
  private ended(w: number, how: "done" | "failed"): void {
    if (!this.isOpen(w)) return;
    if (how === "done") this.ends[w] = this.now;
    else this.failed.add(w);
    this.unfinished--;
    this.floor.close(w, this.now);
    if (how === "failed") for (const run of this.floor.runs[w]!) run.lane.remove(run);
  }

  private result(): Simulation {
    const seconds = (end: number | null) => (end === null ? null : (end - START_MS) / 1000);
    const { attempts, decisions, cost, waste, paid } = this.account;
    return summary(this.options, {
      ends: this.ends.map(seconds),
      failed: this.failed,
      dropped: this.dropped,
      paid,
      cost,
      waste,
      attempts,
      decisions,
      canaries: this.canaries?.tally ?? NO_CANARIES,
    });
  }
}

/**
 * Runs workflows on a simulated market. The same options give the same result.
 * @throws FrobenError `task_unplaceable` when a task needs more than any operator has
 */
export function simulate(options: SimulationOptions): Simulation {
  return new Simulator(options).run();
}
