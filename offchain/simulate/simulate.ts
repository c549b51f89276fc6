import { endOf } from "../matchmaker/pace";
import type { Match } from "../matchmaker/match";
import { STANDBY } from "../matchmaker/standby";
import type { Ending } from "../runtime/machine";
import { afterFailure, type Failure } from "../runtime/retry";
import { Timers } from "../runtime/timers";
import { Account } from "./account";
import { fateOf, SILENCE_SECONDS, workOf, type Chain, type Running } from "./attempt";
import { NO_CANARIES, SimCanaries } from "./canaries";
import type { Event } from "./event";
import { Floor, type Host } from "./floor";
import { START_MS, trueSeconds } from "./model";
import type { Baseline } from "./baseline";
import { baseline, type BaselineName } from "./policies";
import { Rises } from "./rises";
import type { SimAttempt, Simulation, SimulationOptions } from "./result";
import type { SimRun } from "./run";
import { Standbys } from "./standbys";
import { summary } from "./summary";

/** Between a failure and the next attempt where the workflow says nothing, seconds. */
const BACKOFF_SECONDS = 1;

/** Of the booking of the attempt that starts next. */
const keyOf = (run: SimRun) => `${run.key}/${run.nextAttempt}`;

/** One simulation: a market floor, a policy, and events in the order of their moments. */
class Simulator {
  private readonly floor: Floor;
  private readonly baseline?: Baseline;
  private readonly events = new Timers<Event>();
  private readonly rises = new Rises(this.events);
  private readonly account: Account;
  private readonly ends: (number | null)[];
  private readonly left: number[];
  private readonly failed = new Set<number>();
  /** Workflows that are neither done nor failed. */
  private unfinished: number;
  private readonly standbys: Standbys;
  private readonly canaries?: SimCanaries;
  private now = START_MS;

  constructor(private readonly options: SimulationOptions) {
    const { workflows, operators, policy, seed, knownDurations = false } = options;
    const { learned = [], grown, weights = {} } = options;
    this.floor = new Floor(workflows, operators, seed, knownDurations, learned, grown, weights);
    this.standbys = new Standbys(this.floor, options.standby);
    if (policy === "froben" && options.canaries)
      this.canaries = new SimCanaries(this.floor, this.events, seed, options.canaries);
    this.account = new Account(options);
    if (policy !== "froben") this.baseline = baseline(policy as BaselineName, this.floor, seed);
    this.left = workflows.map(({ tasks }) => tasks.length);
    this.ends = workflows.map(() => null);
    this.unfinished = workflows.length;
    this.floor.checkPlaceable();
  }

  run(): Simulation {
    for (const host of this.floor.hosts) {
      const { joinsAt, leavesAt } = host.operator;
      this.events.set({ host, online: true }, START_MS + joinsAt * 1000);
      if (leavesAt !== Infinity)
        this.events.set({ host, online: false }, START_MS + (leavesAt + SILENCE_SECONDS) * 1000);
    }
    for (const [w, { arrivesAt = 0 }] of this.options.workflows.entries()) {
      const arrives = this.floor.runs[w]!.filter(({ pending }) => pending === 0);
      if (arrivesAt === 0) this.arrive(w, arrives);
      else this.events.set({ workflow: w, arrives }, START_MS + arrivesAt * 1000);
    }
    for (let at = this.events.next(); at !== undefined; at = this.events.next()) {
      if (this.unfinished === 0) break;
      this.now = at;
      for (const event of this.events.due(at)) this.on(event);
      this.dispatch();
    }
    return this.result();
  }

  private on(event: Event): void {
    if (event === "look") return;
    if ("again" in event) this.ready(event.again);
    else if ("released" in event) this.done(event.released);
    else if ("asks" in event) this.canaries!.end(event, this.now);
    else if ("unwanted" in event) this.rises.due(event.unwanted, this.now);
    else if ("arrives" in event) this.arrive(event.workflow, event.arrives);
    else if ("unlocks" in event) event.host.fleet.promise(-event.unlocks);
    else if ("online" in event) {
      event.host.fleet.set({ online: event.online });
      this.baseline?.changed(event.host);
    } else this.end(event);
  }

  private arrive(workflow: number, first: SimRun[]): void {
    this.floor.open(workflow);
    for (const run of first) this.ready(run);
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
    const w = run.workflowIndex;
    run.done = true;
    if (--this.left[w]! === 0) {
      this.ends[w] = this.now;
      this.unfinished--;
      this.floor.close(w, this.now);
    }
    for (const child of this.floor.childrenOf(run)) if (--child.pending === 0) this.ready(child);
  }

  private dispatch(): void {
    if (!this.baseline) {
      const take = (match: Match<SimRun>) => this.take(match);
      const again = this.floor.matcher.run(this.now, take) ?? Infinity;
      this.events.clear("look");
      const look = Math.min(again, this.standbys.make(this.now, take), this.lookForCanaries());
      if (look !== Infinity) this.events.set("look", look);
      return;
    }
    for (let pick = this.baseline.next(this.now); pick; pick = this.baseline.next(this.now))
      if (!this.failed.has(pick.run.workflowIndex)) this.give([pick.run], 1, pick.host);
  }

  /** @returns when to look again: not for ever, when there is nothing else to come */
  private lookForCanaries(): number {
    const again = this.canaries?.look(this.now) ?? Infinity;
    return this.events.next() === undefined ? Infinity : again;
  }

  private take({ operator, tasks, slots, price, decision }: Match<SimRun>): void {
    this.account.decided(decision);
    this.give(tasks, slots, this.floor.hostOf(operator.address), price);
  }

  /** Books what starts at once; what is left follows in turn in the same bookings. */
  private give(tasks: SimRun[], slots: number, host: Host, price = 0n): void {
    const queue: SimRun[] = tasks.slice(slots);
    const chain: Chain = { host, waiting: queue, price };
    this.canaries?.displace(host);
    if (host.operator.freeStake !== undefined)
      host.fleet.promise(tasks[0]!.lane.terms.bond * BigInt(tasks.length));
    host.fleet.queue(queue.length);
    host.fleet.set({ lastAssignedAt: this.now });
    for (const run of tasks.slice(0, slots)) {
      const { address } = host.fleet;
      const ends = this.ending(run, host);
      const { resources } = run.task;
      this.start(run, chain, this.floor.reservations.book(keyOf(run), address, resources, ends));
    }
    this.baseline?.changed(host);
  }

  /** When a task that starts now should end: the baselines share a clairvoyant's books. */
  private ending(run: SimRun, { operator, fleet }: Host): Ending {
    if (this.baseline) {
      const end = this.now + run.fetchMs(fleet.address) + trueSeconds(run.task, operator) * 1000;
      return () => end;
    }
    const work = workOf(run, this.now, fleet);
    return (now) => endOf(this.floor.experience, fleet.address, work, now);
  }

  private start(run: SimRun, chain: Chain, device: number[]): void {
    const key = keyOf(run);
    const { fleet } = chain.host;
    fleet.begin(key, workOf(run, this.now, fleet));
    this.rises.taken(run);
    const attempt = run.nextAttempt++;
    const luck = `${this.options.seed}/${run.key}/${attempt}`;
    const fetch = run.fetchMs(fleet.address);
    const { outcome, end } = fateOf(run, chain.host, luck, this.now + fetch);
    const isCopy = this.standbys.of(run).length > 0;
    if (!isCopy) this.floor.begins(run);
    const computes = this.now + fetch;
    const its = { startedAt: this.now, computes, outcome, isCopy };
    const running = { key, run, attempt, chain, device, ...its };
    this.standbys.started(running);
    this.events.set(running, end);
  }

  private end(running: Running): void {
    const { run, chain, computes, outcome, isCopy } = running;
    const wallMs = Math.max(0, this.now - computes);
    const { address } = chain.host.fleet;
    if (outcome !== "silence") run.transfers.fetched(address, run.task.files);
    if (outcome === "done") run.transfers.made(address, run.task.files);
    this.close(running, outcome);
    const others = [...this.standbys.of(run)];
    if (outcome === "done") {
      for (const other of others) {
        this.events.clear(other);
        this.close(other, "cancelled");
        // A copy that was faster says something about the holder.
        if (!other.isCopy) this.floor.outlasted(run, other.chain.host, this.now - other.computes);
      }
      this.floor.learn(run, chain.host, wallMs);
      this.canaries?.done(run, chain.host);
      if (isCopy && others.length > 0)
        this.events.set({ released: run }, this.now + STANDBY.releaseMs);
      else this.done(run);
    } else this.retry(run, address, outcome as Failure, wallMs, others.length > 0);
  }

  /** Writes an attempt down and frees what it held. */
  private close(running: Running, outcome: SimAttempt["outcome"]): void {
    this.account.ended(running, outcome, this.now);
    this.standbys.ended(running);
    this.handOn(running);
    this.unlock(running.run, running.chain.host, outcome === "done");
  }

  /** The next task of a chain takes over its booking; on a host that is gone, all of them go back. */
  private handOn({ key, chain, device }: Running): void {
    const { fleet } = chain.host;
    fleet.end(key);
    if (!this.isOnline(chain.host)) {
      fleet.queue(-chain.waiting.length);
      for (const waiting of chain.waiting.splice(0)) this.ready(waiting);
    }
    const next = chain.waiting.shift();
    if (!next) {
      this.floor.reservations.free(key);
      this.baseline?.changed(chain.host);
      return;
    }
    fleet.queue(-1);
    this.floor.reservations.handOver(key, keyOf(next), this.ending(next, chain.host));
    this.start(next, chain, device);
  }

  /** A bond is locked until the challenge window of the result is over. */
  private unlock({ workflow, task, lane }: SimRun, host: Host, done: boolean): void {
    if (host.operator.freeStake === undefined) return;
    const windowSeconds = done ? (workflow.spec?.steps[task.step!]!.windowSeconds ?? 0) : 0;
    this.events.set({ unlocks: lane.terms.bond, host }, this.now + windowSeconds * 1000);
  }

  private isOnline({ operator }: Host): boolean {
    return this.now < START_MS + operator.leavesAt * 1000;
  }

  /** @param goesOn whether another attempt of the task is under way */
  private retry(run: SimRun, address: string, failure: Failure, wallMs: number, goesOn: boolean) {
    run.avoid = new Set(run.avoid).add(address);
    const ranMs = failure === "silence" ? 0 : wallMs;
    this.floor.experience.failed(run.lane.terms.program, address, ranMs, run.sizeClass);
    const { attempts, backoffSeconds = BACKOFF_SECONDS } = run.task;
    const policy = { attempts, backoffSeconds };
    const next = afterFailure(policy, failure, run.failures, 0, this.now);
    run.failures = next.failures;
    if (goesOn) return;
    this.floor.comesBack(run);
    if (next.kind === "retry") this.events.set({ again: run }, next.notBefore);
    else this.giveUp(run.workflowIndex);
  }

  /** What of a workflow has not started never will. */
  private giveUp(w: number): void {
    if (this.failed.has(w)) return;
    this.failed.add(w);
    this.unfinished--;
    this.floor.close(w, this.now);
    for (const run of this.floor.runs[w]!) run.lane.remove(run);
  }

  private result(): Simulation {
    const seconds = (end: number | null) => (end === null ? null : (end - START_MS) / 1000);
    const { attempts, decisions, cost, waste, paid } = this.account;
    const ends = this.ends.map(seconds);
    return summary(this.options, {
      ends,
      failed: this.failed,
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
