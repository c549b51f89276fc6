import { freeSlots } from "../matchmaker/filter";
import { Heap } from "../runtime/heap";
import type { Baseline, Pick } from "./baseline";
import { Floor, type Host } from "./floor";
import type { SimRun } from "./run";

interface Waiting {
  run: SimRun;
  place: number;
  /** Order in which they came, where places are equal. */
  count: number;
}

/** Ready tasks that need the same. */
interface Kind {
  /** One of them. */
  like: SimRun;
  waiting: Heap<Waiting>;
  /** By host: whether one of them can start there now. */
  fits: Uint8Array;
  /** How many hosts that is. */
  room: number;
}

const before = (a: Waiting, b: Waiting) =>
  a.place < b.place || (a.place === b.place && a.count < b.count);

function needOf({ task: { resources }, lane }: SimRun): string {
  const { cores, memoryMb, gpus, vramMb } = resources;
  return [lane.terms.program, cores, memoryMb, gpus, vramMb].join("/");
}

/** Takes tasks in an order, the first that fits somewhere. */
export class InOrder implements Baseline {
  private readonly kinds = new Map<string, Kind>();
  private readonly byLane = new Map<SimRun["lane"], Kind>();
  private readonly indices: Map<Host, number>;
  private count = 0;

  /**
   * @param placeOf lower comes first
   * @param choose one of the hosts on which a task can start now, which come in the order of the fleet
   */
  constructor(
    private readonly floor: Floor,
    private readonly placeOf: (run: SimRun, count: number) => number,
    private readonly choose: (hosts: Iterable<Host>, run: SimRun) => Host | undefined,
  ) {
    this.indices = new Map(floor.hosts.map((host, i) => [host, i]));
  }

  add(run: SimRun): void {
    const count = this.count++;
    this.kindOf(run).waiting.push({ run, place: this.placeOf(run, count), count });
  }

  changed(host: Host): void {
    for (const kind of this.kinds.values()) this.look(kind, host);
  }

  next(): Pick | undefined {
    const aside: Waiting[] = [];
    try {
      for (let kind = this.foremost(); kind; kind = this.foremost()) {
        const waiting = kind.waiting.pop()!;
        const { run } = waiting;
        const host = this.choose(this.startable(kind, run), run);
        if (host) return { run, host };
        aside.push(waiting); // where there is room, it has failed before
      }
      return undefined;
    } finally {
      for (const waiting of aside) this.kindOf(waiting.run).waiting.push(waiting);
    }
  }

  private kindOf(run: SimRun): Kind {
    let kind = this.byLane.get(run.lane);
    if (kind) return kind;
    const need = needOf(run);
    kind = this.kinds.get(need);
    if (!kind) {
      const fits = new Uint8Array(this.floor.hosts.length);
      kind = { like: run, waiting: new Heap(before), fits, room: 0 };
      this.kinds.set(need, kind);
      for (const host of this.floor.hosts) this.look(kind, host);
    }
    this.byLane.set(run.lane, kind);
    return kind;
  }

  /** Notes whether a task of a kind can start on a host. */
  private look(kind: Kind, host: Host): void {
    const { fleet } = host;
    const fits =
      fleet.online &&
      freeSlots(fleet) > 0 &&
      this.floor.reservations.fits(fleet.address, kind.like.task.resources) &&
      Floor.couldTake(host, kind.like);
    const i = this.indices.get(host)!;
    kind.room += Number(fits) - kind.fits[i]!;
    kind.fits[i] = Number(fits);
  }

  /** The kind whose first task comes first, of those for which there is room. */
  private foremost(): Kind | undefined {
    let found: Kind | undefined;
    for (const kind of this.kinds.values()) {
      const head = kind.room > 0 ? kind.waiting.peek() : undefined;
      if (head && (!found || before(head, found.waiting.peek()!))) found = kind;
    }
    return found;
  }

  /** Hosts on which a task can start, without those that failed it unless there are no others. */
  private *startable({ fits }: Kind, run: SimRun): Generator<Host> {
    const { hosts } = this.floor;
    const isFresh = ({ operator }: Host) => !run.avoid.has(operator.id);
    const onlyFresh =
      run.avoid.size > 0 &&
      hosts.some((host) => isFresh(host) && host.fleet.online && Floor.couldTake(host, run));
    for (let i = fits.indexOf(1); i >= 0; i = fits.indexOf(1, i + 1))
      if (!onlyFresh || isFresh(hosts[i]!)) yield hosts[i]!;
  }
}
