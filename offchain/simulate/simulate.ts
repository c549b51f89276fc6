import { decisionDigest } from "../matchmaker/decision";
import { afterFailure, type Failure } from "../runtime/retry";
import { Timers } from "../runtime/timers";
import type { Chain, Event, Running } from "./event";
import { fateOf, SILENCE_SECONDS } from "./fate";
import { Floor, START_MS, type Host } from "./floor";
import { trueSeconds } from "./model";
import type { Baseline } from "./baseline";
import { baseline, type BaselineName } from "./policies";
import type { SimAttempt, Simulation, SimulationOptions } from "./result";
import type { SimRun } from "./run";
import { summary } from "./summary";

/** Between a failure and the next attempt where the workflow says nothing, seconds. */
const BACKOFF_SECONDS = 1;

/** One simulation: a market floor, a policy, and events in the order of their moments. */
class Simulator {
  private readonly floor: Floor;
  private readonly baseline?: Baseline;
  private readonly events = new Timers<Event>();
  private readonly attempts: SimAttempt[] = [];
  private readonly decisions: Simulation["decisions"] = [];
  private readonly ends: (number | null)[];
  private readonly left: number[];
  private readonly failed = new Set<number>();
  /** Workflows that are neither done nor failed. */
  private unfinished: number;
  private now = START_MS;
  private cost = 0;
  /** Units, by workflow. */
  private readonly paid: bigint[];

  constructor(private readonly options: SimulationOptions) {
    const { workflows, operators, policy, seed, knownDurations = false, learned = [] } = options;
    this.floor = new Floor(workflows, operators, seed, knownDurations, learned);
    this.paid = workflows.map(() => 0n);
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
    if ("again" in event) this.ready(event.again);
    else if ("arrives" in event) this.arrive(event.workflow, event.arrives);
    else if ("unlocks" in event) event.host.fleet.promisedStake -= event.unlocks;
    else if ("online" in event) {
      event.host.fleet.online = event.online;
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
    else this.floor.add(run);
  }

  private done(run: SimRun): void {
    const w = run.workflowIndex;
    run.done = true;
    if (--this.left[w]! === 0) {
      this.ends[w] = this.now;
      this.unfinished--;
      this.floor.close(w);
    }
    for (const child of this.floor.childrenOf(run)) if (--child.pending === 0) this.ready(child);
  }

  private dispatch(): void {
    if (!this.baseline) {
      const { onDecision } = this.options;
      this.floor.matcher.run(
        this.now,
        ({ operator, tasks, slots, expectedMs, price, decision }) => {
          if (onDecision) onDecision(decision);
          else this.decisions.push({ ...decision, digest: decisionDigest(decision) });
          this.give(tasks, slots, this.floor.hostOf(operator.address), expectedMs, price);
        },
      );
      return;
    }
    for (let pick = this.baseline.next(this.now); pick; pick = this.baseline.next(this.now)) {
      if (this.failed.has(pick.run.workflowIndex)) continue;
      const taskMs = trueSeconds(pick.run.task, pick.host.operator) * 1000;
      this.give([pick.run], 1, pick.host, taskMs);
    }
  }

  /** Books what starts at once; what is left follows in turn in the same bookings. */
  private give(tasks: SimRun[], slots: number, host: Host, expectedMs: number, price = 0n): void {
    const queue: SimRun[] = tasks.slice(slots);
    const chain: Chain = { host, waiting: queue, expectedMs, price };
    if (host.operator.freeStake !== undefined)
      host.fleet.promisedStake += tasks[0]!.lane.terms.bond * BigInt(tasks.length);
    host.fleet.queued += queue.length;
    host.fleet.lastAssignedAt = this.now;
    for (const run of tasks.slice(0, slots)) {
      const end = this.now + expectedMs;
      const { address } = host.fleet;
      const device = this.floor.reservations.book(run.key, address, run.task.resources, end);
      this.start(run, chain, device);
    }
    this.baseline?.changed(host);
  }

  private start(run: SimRun, chain: Chain, device: number[]): void {
    const { operator, fleet } = chain.host;
    fleet.computing.set(run.key, this.now + chain.expectedMs);
    const { outcome, end } = fateOf(run, operator, this.options.seed, this.now);
    this.events.set({ run, chain, device, startedAt: this.now, outcome }, end);
  }

  private end({ run, chain, device, startedAt, outcome }: Running): void {
    const { operator, fleet } = chain.host;
    const wallMs = this.now - startedAt;
    this.cost += (operator.pricePerHour * wallMs) / 3_600_000;
    this.attempts.push({
      workflow: run.workflow.name,
      task: run.task.id,
      attempt: run.nextAttempt,
      operator: operator.id,
      device,
      start: (startedAt - START_MS) / 1000,
      end: (this.now - START_MS) / 1000,
      outcome,
    });
    this.handOn(run, chain, device);
    this.unlock(run, chain.host, outcome === "done");
    run.nextAttempt++;
    if (outcome === "done") {
      this.paid[run.workflowIndex]! += chain.price;
      this.floor.learn(run, chain.host, wallMs);
      this.done(run);
    } else this.retry(run, fleet.address, outcome);
  }

  /** The next task of a chain takes over its booking; on a host that is gone, all of them go back. */
  private handOn(run: SimRun, chain: Chain, device: number[]): void {
    const { fleet } = chain.host;
    fleet.computing.delete(run.key);
    if (!this.isOnline(chain.host)) {
      fleet.queued -= chain.waiting.length;
      for (const waiting of chain.waiting.splice(0)) this.ready(waiting);
    }
    const next = chain.waiting.shift();
    if (!next) {
      this.floor.reservations.free(run.key);
      this.baseline?.changed(chain.host);
      return;
    }
    fleet.queued--;
    this.floor.reservations.handOver(run.key, next.key, this.now + chain.expectedMs);
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

  private retry(run: SimRun, address: string, failure: Failure): void {
    run.avoid = new Set(run.avoid).add(address);
    this.floor.experience.failed(run.lane.terms.program, address);
    const { attempts, backoffSeconds = BACKOFF_SECONDS } = run.task;
    const policy = { attempts, backoffSeconds };
    const next = afterFailure(policy, failure, run.failures, 0, this.now);
    run.failures = next.failures;
    if (next.kind === "retry") this.events.set({ again: run }, next.notBefore);
    else this.giveUp(run.workflowIndex);
  }

  /** What of a workflow has not started never will. */
  private giveUp(w: number): void {
    if (this.failed.has(w)) return;
    this.failed.add(w);
    this.unfinished--;
    this.floor.close(w);
    for (const run of this.floor.runs[w]!) run.lane.remove(run);
  }

  private result(): Simulation {
    const seconds = (end: number | null) => (end === null ? null : (end - START_MS) / 1000);
    const { attempts, decisions, cost, failed, paid } = this;
    const ends = this.ends.map(seconds);
    return summary(this.options, { ends, failed, paid, cost, attempts, decisions });
  }
}

/**
 * Runs workflows on a simulated market. The same options give the same result.
 * @throws FrobenError `task_unplaceable` when a task needs more than any operator has
 */
export function simulate(options: SimulationOptions): Simulation {
  return new Simulator(options).run();
}
