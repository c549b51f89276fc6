import { freeSlots } from "../matchmaker/filter";
import { chance } from "./faults";
import { Floor, type Host } from "./floor";
import { trueSeconds } from "./model";
import { childrenOf, inOrder } from "./read/graph";
import type { SimRun } from "./run";

// What froben is measured against: list schedulers that share its books of machines, and nothing else.

/** A task for a host, now. */
export interface Pick {
  run: SimRun;
  host: Host;
}

/** A baseline: is told of ready tasks, and says what starts. */
export interface Baseline {
  add(run: SimRun): void;
  /** @returns the next task to start, which the caller books; undefined when nothing can start now */
  next(now: number): Pick | undefined;
}
export const BASELINES = ["fifo", "random", "heft", "cheapest"] as const;
export type BaselineName = (typeof BASELINES)[number];

function canStart(floor: Floor, { operator, fleet }: Host, { task }: SimRun): boolean {
  return (
    fleet.online && freeSlots(fleet) > 0 && floor.reservations.fits(operator.id, task.resources)
  );
}

/** Hosts on which a task may start, without those that failed it unless there are no others. */
function open(floor: Floor, run: SimRun): Host[] {
  const able = floor.hosts.filter((host) => host.fleet.online && Floor.couldTake(host, run));
  const fresh = able.filter(({ operator }) => !run.avoid.has(operator.id));
  return fresh.length > 0 ? fresh : able;
}

/** Takes tasks in the order in which they come, the first that fits somewhere. */
class InOrder implements Baseline {
  private readonly ready: SimRun[] = [];

  constructor(
    private readonly floor: Floor,
    private readonly choose: (hosts: Host[], run: SimRun) => Host,
    private readonly place: (length: number, run: SimRun) => number,
  ) {}

  add(run: SimRun): void {
    this.ready.splice(this.place(this.ready.length, run), 0, run);
  }

  next(): Pick | undefined {
    for (const [i, run] of this.ready.entries()) {
      const hosts = open(this.floor, run).filter((host) => canStart(this.floor, host, run));
      if (hosts.length === 0) continue;
      this.ready.splice(i, 1);
      return { run, host: this.choose(hosts, run) };
    }
    return undefined;
  }
}

/** When a host should have room for a task, Unix milliseconds, and whether that is now. */
interface Room {
  host: Host;
  room: number;
  starts: boolean;
}

/**
 * Clairvoyant HEFT, on-line: by longest remaining path with the true durations, each to the host on which it ends first, if need be after
 * what runs there; it then waits for that host, until something changes.
 */
class Heft implements Baseline {
  private readonly ranks: number[][];
  private readonly ready: SimRun[] = [];

  constructor(private readonly floor: Floor) {
    this.ranks = floor.runs.map((runs) => {
      const tasks = runs.map(({ task }) => task);
      const children = childrenOf(tasks);
      const ranks: number[] = [];
      for (const i of inOrder(tasks, children).reverse())
        ranks[i] = this.mean(runs[i]!) + Math.max(0, ...children[i]!.map((c) => ranks[c]!));
      return ranks;
    });
  }

  private mean(run: SimRun): number {
    const able = this.floor.hosts.filter((host) => Floor.couldTake(host, run));
    const sum = able.reduce((all, { operator }) => all + trueSeconds(run.task, operator), 0);
    return able.length > 0 ? sum / able.length : 0;
  }

  private rank(run: SimRun): number {
    return this.ranks[run.workflowIndex]![run.index]!;
  }

  add(run: SimRun): void {
    const at = this.ready.findIndex((other) => this.rank(other) < this.rank(run));
    this.ready.splice(at < 0 ? this.ready.length : at, 0, run);
  }

  private rooms(run: SimRun, now: number): Room[] {
    return this.floor.hosts.flatMap((host) => {
      if (!host.fleet.online) return [];
      const { id } = host.operator;
      const room = this.floor.reservations.expectedRoom(id, run.task.resources, now);
      return room === undefined ? [] : [{ host, room, starts: canStart(this.floor, host, run) }];
    });
  }

  next(now: number): Pick | undefined {
    const promised = new Map<string, number>();
    // Tasks of one lane need the same: where they find room, and when, is looked up once.
    const rooms = new Map<SimRun["lane"], Room[]>();
    for (const [i, run] of this.ready.entries()) {
      let all = rooms.get(run.lane);
      if (!all) rooms.set(run.lane, (all = this.rooms(run, now)));
      const fresh = all.filter(({ host }) => !run.avoid.has(host.operator.id));
      let best: { host: Host; end: number; starts: boolean; taskMs: number } | undefined;
      for (const { host, room, starts } of fresh.length > 0 ? fresh : all) {
        const taskMs = trueSeconds(run.task, host.operator) * 1000;
        const waits = promised.get(host.operator.id) ?? 0;
        const end = room + waits + taskMs;
        if (!best || end < best.end) best = { host, end, starts: starts && waits === 0, taskMs };
      }
      if (!best) continue;
      if (best.starts) {
        this.ready.splice(i, 1);
        return { run, host: best.host };
      }
      const { id } = best.host.operator;
      promised.set(id, (promised.get(id) ?? 0) + best.taskMs);
    }
    return undefined;
  }
}

/** @returns a baseline over a market floor; the same seed makes the same choices */
export function baseline(name: BaselineName, floor: Floor, seed: number): Baseline {
  const atEnd = (length: number) => length;
  switch (name) {
    case "fifo":
      return new InOrder(floor, (hosts) => hosts[0]!, atEnd);
    case "random": {
      const draw = (run: SimRun, what: string, count: number) =>
        Math.floor(chance(`${seed}/${what}/${run.key}/${run.nextAttempt}`) * count);
      return new InOrder(
        floor,
        (hosts, run) => hosts[draw(run, "host", hosts.length)]!,
        (length, run) => draw(run, "place", length + 1),
      );
    }
    case "cheapest": {
      const price = ({ operator }: Host, run: SimRun) =>
        operator.pricePerHour * trueSeconds(run.task, operator);
      return new InOrder(
        floor,
        (hosts, run) => hosts.reduce((a, b) => (price(b, run) < price(a, run) ? b : a)),
        atEnd,
      );
    }
    case "heft":
      return new Heft(floor);
  }
}
