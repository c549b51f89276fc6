import { canonicalJson } from "../../protocol/digest";
import { decisionDigest } from "../../offchain/matchmaker/decision";
import type { Match } from "../../offchain/matchmaker/match";
import { endOf } from "../../offchain/matchmaker/pace";
import { Timers } from "../../offchain/runtime/timers";
import { workOf } from "../../offchain/simulate/attempt";
import { chance } from "../../offchain/simulate/faults";
import { Floor, type Host } from "../../offchain/simulate/floor";
import { START_MS, trueSeconds, type SimWorkflow } from "../../offchain/simulate/model";
import type { SimRun } from "../../offchain/simulate/run";
import { machines, workflowsOf } from "./load";

/** One record of so many is measured. */
const SIZED = 10;

/** What a decision costs where as many tasks end as begin. */
export interface DecisionRow {
  operators: number;
  tasks: number;
  decisions: number;
  /** Of one decision, with its record and its digest: milliseconds. */
  p50: number;
  p99: number;
  max: number;
  /** Processor time of all of them, by their number: milliseconds. */
  cpuMs: number;
  /** Bytes of a record, on average. */
  recordBytes: number;
}

interface Busy {
  run: SimRun;
  host: Host;
  key: string;
  since: number;
}

/** A market that is full: whenever a task ends, the next is decided. */
export class SteadyMarket {
  private readonly floor: Floor;
  private readonly ends = new Timers<Busy>();
  private now = START_MS;
  recordBytes = 0;

  constructor(operators: number, tasks: number, perWorkflow: number, withinSeconds?: number) {
    const workflows: SimWorkflow[] = workflowsOf(tasks, perWorkflow, withinSeconds);
    this.floor = new Floor(workflows, machines(operators), 1, false, []);
    for (const { fleet } of this.floor.hosts) fleet.set({ online: true });
    for (const [w] of workflows.entries()) this.floor.open(w);
    for (const run of this.floor.runs.flat()) this.floor.add(run);
    for (const host of this.floor.hosts) this.fill(host);
  }

  /** Gives a machine what it has room for, as if that had begun some time ago. */
  private fill(host: Host): void {
    const { reservations, runs } = this.floor;
    const { address } = host.fleet;
    const first = Math.floor(chance(`${address}/first`) * runs.length);
    for (const run of runs[first]!) {
      if (!run.lane.has(run) || !reservations.fits(address, run.task.resources)) continue;
      run.lane.remove(run);
      const ms = trueSeconds(run.task, host.operator) * 1000;
      this.start(run, host, this.now - Math.floor(chance(`${address}/${run.key}`) * ms));
    }
  }

  /** @returns milliseconds of each decision until so many are made */
  decide(count: number): number[] {
    const times: number[] = [];
    while (times.length < count) {
      let since = performance.now();
      this.floor.matcher.run(this.now, (match) => {
        decisionDigest(match.decision);
        times.push(performance.now() - since);
        // Of a few, so that the bench makes no garbage of its own that counts.
        if (times.length % SIZED === 1) this.recordBytes += canonicalJson(match.decision).length;
        this.take(match);
        since = performance.now();
      });
      // What it takes to find that nothing more can be given out is the last decision's.
      if (times.length > 0) times[times.length - 1]! += performance.now() - since;
      const next = this.ends.next();
      if (next === undefined) break;
      this.now = next;
      for (const busy of this.ends.due(next)) this.end(busy);
    }
    return times;
  }

  private take({ operator, tasks, slots }: Match<SimRun>): void {
    const host = this.floor.hostOf(operator.address);
    operator.set({ lastAssignedAt: this.now });
    for (const run of tasks.slice(0, slots)) this.start(run, host, this.now);
    for (const run of tasks.slice(slots)) this.floor.add(run);
  }

  private start(run: SimRun, host: Host, since: number): void {
    const { address } = host.fleet;
    const key = `${run.key}/${run.nextAttempt++}`;
    const work = workOf(run, since, host.fleet);
    const { experience, reservations } = this.floor;
    reservations.book(key, address, run.task.resources, (now) =>
      endOf(experience, address, work, now),
    );
    host.fleet.begin(key, work);
    const ms = Math.ceil(trueSeconds(run.task, host.operator) * 1000);
    this.ends.set({ run, host, key, since }, Math.max(this.now + 1, since + ms));
  }

  /** The task is done, and comes back as a new one: there are always as many. */
  private end({ run, host, key, since }: Busy): void {
    this.floor.reservations.free(key);
    host.fleet.end(key);
    this.floor.learn(run, host, this.now - since);
    this.floor.add(run);
  }
}

/**
 * @param decisions that are measured, after as many that are not
 * @param perWorkflow tasks of one workflow, at most
 * @param withinSeconds if all workflows prefer money to time: within so long
 */
export function measure(
  operators: number,
  tasks: number,
  decisions: number,
  perWorkflow: number,
  withinSeconds?: number,
): DecisionRow {
  const market = new SteadyMarket(operators, tasks, perWorkflow, withinSeconds);
  market.decide(decisions);
  market.recordBytes = 0;
  const cpu = process.cpuUsage();
  const times = market.decide(decisions).sort((a, b) => a - b);
  const { user, system } = process.cpuUsage(cpu);
  const at = (share: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  return {
    operators,
    tasks,
    decisions: times.length,
    p50: at(0.5),
    p99: at(0.99),
    max: times.at(-1)!,
    cpuMs: (user + system) / 1000 / times.length,
    recordBytes: Math.round(market.recordBytes / Math.ceil(times.length / SIZED)),
  };
}
