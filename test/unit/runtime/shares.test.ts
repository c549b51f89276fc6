import { expect } from "chai";
import fc from "fast-check";
import { fairEnds } from "../../../bench/schedule/fair-share";
import { Lane, ReadyQueue, type ReadyTask } from "../../../offchain/runtime/ready-queue";
import { Shares, type Sharing } from "../../../offchain/runtime/shares";
import { sha256 } from "../../../protocol/digest";

const sharing = (workflow: number, requester: string, path: number, openedAt = 0): Sharing => ({
  workflow,
  requester,
  openedAt,
  pathMs: () => path,
});

function sharesOf(open: Sharing[], weights: Record<string, number> = {}) {
  const shares = new Shares((requester) => weights[requester] ?? 1);
  const own = new Map(open.map((one) => [one, shares.add(one)]));
  const dues = () => {
    const dueOf = shares.dues();
    return (one: Sharing) => dueOf(own.get(one)!);
  };
  return { shares, dues };
}

describe("shares of requesters", () => {
  it("make who has one workflow due at twice the time of an equal share, however many the others have", () => {
    const one = sharing(1, "ann", 10);
    const many = Array.from({ length: 50 }, (_, i) => sharing(2 + i, "ben", 10));
    const due = sharesOf([one, ...many]).dues();
    expect(due(one)).to.equal(2 * 2 * 10);
    // Those of the other come one after another.
    expect(many.slice(0, 3).map(due)).to.deep.equal([40, 60, 80]);
  });

  it("are as large as the requesters' weights", () => {
    const [ann, ben] = [sharing(1, "ann", 10), sharing(2, "ben", 10)];
    const due = sharesOf([ann, ben], { ben: 0.5 }).dues();
    expect([due(ann), due(ben)]).to.deep.equal([2 * 1.5 * 10, 2 * 3 * 10]);
  });

  it("give a requester's workflows their turns in the order in which they were opened, whenever they were added", () => {
    const [first, second, third] = [3, 1, 2].map((n, i) => sharing(n, "ann", 10, 100 * i));
    const due = sharesOf([third!, first!, second!]).dues();
    expect([first!, second!, third!].map(due)).to.deep.equal([20, 120, 220]);
  });

  it("give a workflow no earlier turn than the end of one that was opened before it, and leave the older ones theirs", () => {
    const [first, second, third] = [1, 2, 3].map((n) => sharing(n, "ann", 10));
    const { shares, dues } = sharesOf([first!, second!, third!]);
    shares.end(second!, 1_000);
    expect([first!, third!].map(dues())).to.deep.equal([20, 1_020]);
    // One that comes late, e.g. as its spec was missing.
    const late = sharing(4, "ann", 10, 5);
    const its = shares.add(late);
    shares.remove(first!);
    shares.remove(third!);
    expect(shares.dues()(its)).to.equal(1_020);
  });

  it("are as a fluid would have them, split evenly between a requester's own", () => {
    const job = (work: number, requester?: string) => ({ at: 0, work, requester });
    expect(fairEnds([job(1, "ann"), job(1, "ann"), job(1)])).to.deep.equal([3, 3, 2]);
    expect(fairEnds([job(3, "ann"), job(1)], { ann: 3 })).to.deep.equal([4, 4]);
  });
});

/** A requester that always has so many workflows open, of so many tasks one after another. */
interface Client {
  open: number;
  tasks: number;
  weight: number;
}

interface Served {
  client: number;
  openedAt: number;
  turnAt: number;
  endedAt: number;
}

/** One machine does one task of 1 s after another, always of the first lane. @returns the workflows, also those that are left */
function overload(clients: Client[], seconds: number): Served[] {
  const queue = new ReadyQueue((requester) => clients[Number(requester)]!.weight);
  const served: Served[] = [];
  const left = new Map<number, { of: Served; lane: Lane; tasks: number }>();
  const lastEnd = clients.map(() => 0);
  const open = (client: number, now: number) => {
    const workflow = served.length;
    const of = { client, openedAt: now, turnAt: now, endedAt: Infinity };
    served.push(of);
    const { tasks } = clients[client]!;
    const terms = {
      ...{ workflow, requester: String(client), step: "s", stepIndex: 0, program: sha256("p") },
      resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
      ...{ ceiling: 1n, bond: 1n, claimSeconds: 1, runSeconds: 1 },
    };
    const ofLevel = (level: number) => 1_000 * (tasks - level);
    const lane: Lane = new Lane<ReadyTask>(terms, { remainingMs: ofLevel, openedAt: () => 1_000 * now }); // prettier-ignore
    left.set(workflow, { of, lane, tasks });
    queue.open(lane);
    lane.add(taskAt(0));
  };
  for (const [i, client] of clients.entries()) for (let n = 0; n < client.open; n++) open(i, 0);
  for (let now = 1; now <= seconds; now++) {
    const { lane } = queue.urgent()[0]!;
    const { workflow } = lane.terms;
    const run = left.get(workflow)!;
    const { level } = lane.pop()!;
    queue.serve(workflow);
    if (level + 1 < run.tasks) lane.add(taskAt(level + 1));
    else {
      const { client, openedAt } = run.of;
      queue.end(workflow, [lane], 1_000 * now);
      left.delete(workflow);
      run.of.endedAt = now;
      run.of.turnAt = Math.max(openedAt, lastEnd[client]!);
      lastEnd[client] = now;
      open(client, now);
    }
  }
  for (const { of } of left.values()) of.turnAt = Math.max(of.openedAt, lastEnd[of.client]!);
  return served;
}

const taskAt = (level: number): ReadyTask => ({
  ...{ index: level, level, nextAttempt: 1, avoid: new Set<string>(), offerBps: 10_000 },
});

describe("a market with more work than it can do", () => {
  it("lets nobody starve: each requester's next workflow ends by twice the time of its share, and one of everybody's", () => {
    const client = fc.record({
      open: fc.integer({ min: 1, max: 6 }),
      tasks: fc.integer({ min: 1, max: 12 }),
      weight: fc.constantFrom(0.5, 1, 3, 10),
    });
    const clients = fc.array(client, { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(clients, (of) => {
        const weights = of.reduce((sum, { weight }) => sum + weight, 0);
        const round = of.reduce((sum, { tasks }) => sum + tasks, 0);
        const allowed = of.map(({ tasks, weight }) => ((2 * weights) / weight) * tasks + round);
        const seconds = Math.ceil(3 * Math.max(...allowed));
        const served = overload(of, seconds);
        // Of those that are left, a requester's next one is the oldest.
        const next = new Set<number>();
        let late = -Infinity;
        for (const { client: i, turnAt, endedAt } of served) {
          if (endedAt === Infinity && next.has(i)) continue;
          if (endedAt === Infinity) next.add(i);
          late = Math.max(late, Math.min(endedAt, seconds) - turnAt - allowed[i]!);
        }
        expect(late).to.be.at.most(0);
      }),
      { numRuns: 60 },
    );
  });

  it("gives the same to who opens one after another and to who has opened all at once", () => {
    const alike = { tasks: 10, weight: 1 };
    const served = overload([{ ...alike, open: 1 }, { ...alike, open: 40 }], 2_000); // prettier-ignore
    const done = (i: number) =>
      served.filter(({ client, endedAt }) => client === i && endedAt !== Infinity).length;
    expect(done(0)).to.be.within(95, 105);
  });
});
