import { expect } from "chai";
import fc from "fast-check";
import {
  lateWith,
  remainingMs,
  startsOf,
  usableMs,
  usableUntilMs,
  type Capacity,
  type Lot,
  type Workload,
} from "../../../operator/assignments/schedule";
import type { Need } from "../../../operator/tasks/room";

const capacity: Capacity = { offer: { cores: 4, memoryMb: 8, gpus: 2 }, concurrency: 3 };
const need = fc.record({
  cores: fc.integer({ min: 1, max: 4 }),
  memoryMb: fc.integer({ min: 1, max: 8 }),
  gpus: fc.integer({ min: 0, max: 2 }),
});
const lot = fc.record({
  need,
  count: fc.integer({ min: 1, max: 4 }),
  expectedMs: fc.integer({ min: 0, max: 60_000 }),
  latestEndMs: fc.constant(Infinity),
});
/** Runs that fit together: at most one for each slot, a part of the offer each. */
const running = fc.array(
  fc.record({
    need: fc.constant({ cores: 1, memoryMb: 2, gpus: 0 }),
    remainingMs: fc.integer({ min: 0, max: 60_000 }),
  }),
  { maxLength: 3 },
);
const names = ["cores", "memoryMb", "gpus"] as const;
const exceeds = (needs: Need[]) =>
  needs.length > capacity.concurrency ||
  names.some((name) => needs.reduce((sum, one) => sum + one[name], 0) > capacity.offer[name]);

/** An assignment that arrives. Times in milliseconds. */
const arrival = fc.record({
  at: fc.integer({ min: 0, max: 300_000 }),
  need,
  count: fc.integer({ min: 1, max: 4 }),
  ms: fc.integer({ min: 1, max: 60_000 }),
  claimTime: fc.integer({ min: 10, max: 400 }),
  /** From arrival to inclusion of the claim. */
  claimAfter: fc.integer({ min: 0, max: 30_000 }),
});
type Arrival = typeof arrival extends fc.Arbitrary<infer A> ? A : never;

interface SimTask {
  of: Arrival;
  start?: number;
  end?: number;
}

/** An operator that runs what it accepts, told in the plainest way: it shares nothing with the schedule. */
class PlainOperator {
  now = 0;
  readonly tasks: SimTask[] = [];

  constructor(readonly decide: (operator: PlainOperator, offered: Arrival) => boolean) {}

  /** In the order in which they began. */
  private running: SimTask[] = [];
  private waiting = () => this.tasks.filter((t) => t.start === undefined);

  private startAll(): void {
    for (const task of this.waiting()) {
      if (exceeds([...this.running, task].map(({ of }) => of.need))) continue;
      task.start = this.now;
      task.end = this.now + task.of.ms;
      this.running.push(task);
    }
  }

  /** Runs end one after another, also those that end at the same time: then the first that began goes first. */
  advance(until: number): void {
    for (;;) {
      const at = Math.min(...this.running.map((t) => t.end!));
      const next = this.running.find((t) => t.end === at);
      if (!next || at > until) break;
      this.now = at;
      this.running = this.running.filter((t) => t !== next);
      this.startAll();
    }
    if (until !== Infinity) this.now = until;
  }

  arrives(offered: Arrival): boolean {
    this.advance(offered.at);
    if (!this.decide(this, offered)) return false;
    for (let i = 0; i < offered.count; i++) this.tasks.push({ of: offered });
    this.startAll();
    return true;
  }

  /** What the operator under test would know. */
  workload(): Workload {
    const lots = new Map<Arrival, Lot>();
    for (const { of } of this.waiting()) {
      const included = of.at + of.claimAfter <= this.now;
      const deadline = (of.at + of.claimAfter) / 1000 + of.claimTime;
      const latestEndMs = included
        ? usableUntilMs(deadline, this.now / 1000, of.claimTime)
        : usableMs(of.claimTime);
      const known = lots.get(of);
      if (known) known.count++;
      else lots.set(of, { need: of.need, count: 1, expectedMs: of.ms, latestEndMs });
    }
    return {
      running: this.running.map(({ of, start }) => ({
        need: of.need,
        remainingMs: remainingMs(of.ms, this.now - start!, 1_000),
      })),
      waiting: [...lots.values()],
    };
  }

  /** Tasks that end after what their claims leave for the work. */
  late(): SimTask[] {
    this.advance(Infinity);
    const slack = 0.001; // rounding of seconds
    return this.tasks.filter(({ of, end }) => {
      const included = of.at + of.claimAfter;
      return end! > included + usableMs(of.claimTime) + slack;
    });
  }
}

const decide = (operator: PlainOperator, offered: Arrival): boolean =>
  lateWith(capacity, operator.workload(), {
    need: offered.need,
    count: offered.count,
    expectedMs: offered.ms,
    latestEndMs: usableMs(offered.claimTime),
  }) === undefined;

describe("the schedule of an operator's work", () => {
  it("never has more at once than the operator offers, and leaves nothing out", () => {
    fc.assert(
      fc.property(running, fc.array(lot, { maxLength: 8 }), (runs, lots) => {
        const starts = startsOf(capacity, { running: runs, waiting: lots });
        const spans = [
          ...runs.map(({ need: its, remainingMs: to }) => ({ need: its, from: 0, to })),
          ...lots.flatMap(({ need: its, expectedMs }, i) =>
            starts[i]!.map((from) => ({ need: its, from, to: from + expectedMs })),
          ),
        ];
        expect(starts.map(({ length }) => length)).to.deep.equal(lots.map(({ count }) => count));
        for (const { from: at } of spans) {
          const there = spans.filter(({ from, to }) => from <= at && at < to);
          expect(exceeds(there.map((span) => span.need)), `at ${at}`).to.equal(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("has what was accepted done in time, whatever arrives when, if runs take as long as expected", () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 25 }), (arrivals) => {
        const operator = new PlainOperator(decide);
        for (const offered of [...arrivals].sort((a, b) => a.at - b.at))
          if (operator.arrives(offered)) accepted++;
          else refused++;
        expect(operator.late()).to.deep.equal([]);
      }),
      { numRuns: 500 },
    );
    expect(Math.min(accepted, refused), "both happen").to.be.greaterThan(500);
  });

  it("refuses nothing that could be done in time, if it is claimed at once and nothing follows", () => {
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 1, maxLength: 15 }), (arrivals) => {
        const inOrder = arrivals.map((one) => ({ ...one, claimAfter: 0 }));
        inOrder.sort((a, b) => a.at - b.at);
        const last = inOrder.at(-1)!;
        let refused = false;
        const operator = new PlainOperator((its, offered) => {
          const taken = decide(its, offered);
          if (offered !== last) return taken;
          refused = !taken;
          return true;
        });
        for (const offered of inOrder) operator.arrives(offered);
        expect(operator.late().length > 0).to.equal(refused);
      }),
      { numRuns: 500 },
    );
  });

  it("costs a look at each waiting assignment for each run that ends, not more", () => {
    let looks = 0;
    const counted = (cores: number): Need => ({
      get cores() {
        looks++;
        return cores;
      },
      memoryMb: 1,
      gpus: 0,
    });
    const lots = Array.from({ length: 200 }, () => ({
      need: counted(3),
      ...{ count: 5, expectedMs: 10, latestEndMs: Infinity },
    }));
    const starts = startsOf(capacity, { running: [], waiting: lots });
    expect(starts.at(-1)!.at(-1)).to.equal(9_990);
    expect(looks).to.be.lessThan(4 * 1_000 * 200);
  });

  it("takes a run that is late to go on for as long as it is late, within its limit", () => {
    expect(remainingMs(10_000, 4_000, 60)).to.equal(6_000);
    expect(remainingMs(10_000, 15_000, 60)).to.equal(5_000);
    expect(remainingMs(10_000, 58_000, 60)).to.equal(2_000);
    expect(remainingMs(10_000, 61_000, 60)).to.equal(0);
  });

  it("counts with a task that fits nowhere as one that never ends", () => {
    const huge = { cores: 5, memoryMb: 1, gpus: 0 };
    const waiting = [{ need: huge, count: 2, expectedMs: 1, latestEndMs: 10 }];
    expect(startsOf(capacity, { running: [], waiting })).to.deep.equal([[Infinity, Infinity]]);
  });
});
