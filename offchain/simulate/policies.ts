import { freeSlots } from "../matchmaker/filter";
import type { Baseline, Pick } from "./baseline";
import { chance } from "./faults";
import { Floor, type Host } from "./floor";
import { trueSeconds } from "./model";
import { childrenOf, inOrder } from "./read/graph";
import { InOrder } from "./in-order";
import type { SimRun } from "./run";

// What froben is measured against: list schedulers that share its books of machines, and nothing else.

export const BASELINES = ["fifo", "random", "heft", "cheapest"] as const;
export type BaselineName = (typeof BASELINES)[number];

function canStart(floor: Floor, { fleet }: Host, { task }: SimRun): boolean {
  return (
    fleet.online && freeSlots(fleet) > 0 && floor.reservations.fits(fleet.address, task.resources)
  );
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
  /** Mean seconds of a second of work, by lane. */
  private readonly slowness = new Map<SimRun["lane"], number>();
  private readonly ranks: number[][];
  private readonly ready: SimRun[] = [];

  constructor(private readonly floor: Floor) {
    this.ranks = floor.runs.map((runs) => {
      const tasks = runs.map(({ task }) => task);
      const children = childrenOf(tasks);
      const ranks: number[] = [];
      for (const i of inOrder(tasks).toReversed())
        ranks[i] =
          this.mean(runs[i]!) + children[i]!.reduce((most, c) => Math.max(most, ranks[c]!), 0);
      return ranks;
    });
  }

  /** Mean seconds of a task on those that could take it. */
  private mean({ task, lane }: SimRun): number {
    let slowness = this.slowness.get(lane);
    if (slowness === undefined) {
      const one = { ...task, seconds: 1 };
      const able = this.floor.hosts.filter((host) => Floor.couldTake(host, { task, lane }));
      const sum = able.reduce((all, { operator }) => all + trueSeconds(one, operator), 0);
      slowness = able.length > 0 ? sum / able.length : 0;
      this.slowness.set(lane, slowness);
    }
    return task.seconds * slowness;
  }

  changed(): void {}

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
      const { address } = host.fleet;
      const room = this.floor.reservations.expectedRoom(address, run.task.resources, now);
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
  const arrival = (_: SimRun, count: number) => count;
  switch (name) {
    case "fifo":
      return new InOrder(floor, arrival, (hosts) => first(hosts));
    case "random": {
      const draw = (run: SimRun, what: string) =>
        chance(`${seed}/${what}/${run.key}/${run.nextAttempt}`);
      return new InOrder(
        floor,
        (run) => draw(run, "place"),
        (hosts, run) => {
          const all = [...hosts];
          return all[Math.floor(draw(run, "host") * all.length)];
        },
      );
    }
    case "cheapest": {
      const price = ({ operator }: Host, run: SimRun) =>
        operator.pricePerHour * trueSeconds(run.task, operator);
      return new InOrder(floor, arrival, (hosts, run) => {
        let best: { host: Host; price: number } | undefined;
        for (const host of hosts) {
          const asked = price(host, run);
          if (!best || asked < best.price) best = { host, price: asked };
        }
        return best?.host;
      });
    }
    case "heft":
      return new Heft(floor);
  }
}

function first<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}
