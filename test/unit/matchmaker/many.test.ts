import { expect } from "chai";
import fc from "fast-check";
import { canonicalJson, sha256 } from "../../../protocol/digest";
import { EXPLORATION, MAX_CANDIDATES } from "../../../offchain/matchmaker/choose";
import { MAX_REJECTED, REASONS } from "../../../offchain/matchmaker/decision";
import { Experience } from "../../../offchain/matchmaker/experience";
import { Fleet, type FleetOperator } from "../../../offchain/matchmaker/fleet";
import type { Match } from "../../../offchain/matchmaker/match";
import { Matcher } from "../../../offchain/matchmaker/matcher";
import { Outlook } from "../../../offchain/matchmaker/outlook";
import { Prospects } from "../../../offchain/matchmaker/prospect";
import { LOOKED_AT, Ranking } from "../../../offchain/matchmaker/ranking";
import { Rankings } from "../../../offchain/matchmaker/rankings";
import { Lane, ReadyQueue, type ReadyTask } from "../../../offchain/runtime/ready-queue";
import { Reservations } from "../../../offchain/runtime/reservation";

const PROGRAM = sha256("program");
const OTHER = sha256("another program");
const NOW = 1_000_000;
const TASK_MS = 10_000;

/** A market with a machine of four cores for each operator. */
function market() {
  const fleet = new Fleet();
  const reservations = new Reservations();
  const experience = new Experience();
  const queue = new ReadyQueue();
  const matcher = new Matcher(queue, fleet, reservations, experience, "seed");
  const register = (i: number, changes: object = {}) => {
    const address = `0x${i.toString(16).padStart(4, "0")}`;
    const machine = { id: address, cores: 4, memoryMb: 1_000, gpus: [] };
    const joined = fleet.register(address, {
      name: address,
      machine,
      offer: { cores: 4, memoryMb: 1_000, gpus: 0, vramMb: 0 },
      programs: [PROGRAM],
      concurrency: 4,
      priceBps: 10_000,
      speed: 1,
      ...changes,
    });
    reservations.declare(address, machine);
    reservations.offer(address, address, joined.registration.offer, []);
    joined.set({ online: true, freeStake: 1_000n });
    return joined;
  };
  const lane = (
    workflow: number,
    tasks: number,
    {
      remaining = 10,
      cores = 4,
      memoryMb = 1,
      withinSeconds,
    }: { remaining?: number; cores?: number; memoryMb?: number; withinSeconds?: number } = {},
  ) => {
    const lane = new Lane(
      {
        workflow,
        step: `step ${remaining}`,
        stepIndex: 0,
        program: PROGRAM,
        resources: { cores, memoryMb, gpus: 0, vramMb: 0 },
        ceiling: 100n,
        bond: 1n,
        claimSeconds: 120,
        runSeconds: 400,
        withinSeconds,
      },
      { remainingMs: () => remaining, openedAt: () => NOW },
    );
    for (let index = 0; index < tasks; index++)
      lane.add({ index, level: 0, nextAttempt: 1, avoid: new Set(), offerBps: 10_000 });
    queue.open(lane);
    return lane;
  };
  /** Has an operator compute until then. */
  const occupy = (operator: FleetOperator, key: string, until: number, cores = 4) => {
    const { address } = operator;
    const need = { cores, memoryMb: 1, gpus: 0, vramMb: 0 };
    reservations.book(key, address, need, () => until);
    operator.begin(key, { program: PROGRAM, since: until - TASK_MS, fallbackMs: TASK_MS });
  };
  const release = (operator: FleetOperator, key: string) => {
    reservations.free(key);
    operator.end(key);
  };
  const run = (now = NOW) => {
    const matches: Match<ReadyTask>[] = [];
    matcher.run(now, (match) => {
      matches.push(match);
      const { operator, tasks, lane } = match;
      const { workflow, step, resources } = lane.terms;
      for (const { index } of tasks.slice(0, match.slots))
        occupy(operator, `${workflow}/${step}/${index}`, now + TASK_MS, resources.cores);
    });
    return matches;
  };
  return { fleet, reservations, experience, matcher, register, lane, occupy, release, run };
}

const viewOf = (reservations: Reservations, experience: Experience) => () =>
  new Prospects(reservations, experience, new Outlook(reservations), NOW);

/** What a ranking says of all. */
function look(ranking: Ranking, view: Prospects) {
  const { prospects, rest } = ranking.best(view, () => true);
  const rejected = REASONS.map((why) => {
    const by: string[] = [];
    rest.rejected.get(why)?.each((address) => by.push(address) > 0);
    return [why, by.sort()] as const;
  }).filter(([, by]) => by.length > 0);
  const ahead = rest.ahead(50_000, Infinity);
  const operators = prospects.map(({ operator }) => operator.address);
  const byPrice: string[] = [];
  ranking.eachByPrice(
    view.now,
    1,
    ({ operator, price }) => byPrice.push(`${operator.address} ${price}`) > 0,
  );
  return { operators, free: rest.free, rejected, ahead, byPrice };
}

describe("a ranking of operators", () => {
  it("looks in turn at who is busy with something else", () => {
    const { fleet, reservations, experience, register, lane, occupy, release } = market();
    const all = Array.from({ length: 100 }, (_, i) => register(i));
    for (const [i, one] of all.entries()) occupy(one, `${i}`, NOW + 5_000 + 100 * i);
    const { terms } = lane(1, 1);
    const rankings = new Rankings(fleet, reservations);
    const view = viewOf(reservations, experience);
    const anew = () => {
      const ranking = new Ranking(terms);
      const now = view();
      for (const one of all) ranking.look(one, now);
      return look(ranking, now);
    };
    expect(look(rankings.of(terms, view()), view())).to.deep.equal(anew());
    for (const i of [90, 95, 99, 3, 4, 5, 6, 7]) {
      release(all[i]!, `${i}`);
      occupy(all[i]!, `next ${i}`, NOW + 1_000 + 7 * i);
    }
    expect(look(rankings.of(terms, view()), view())).not.to.deep.equal(anew());
    for (let run = 0; run < 5; run++) rankings.of(terms, view());
    expect(look(rankings.of(terms, view()), view())).to.deep.equal(anew());
  });

  it("that follows what changes is the one that would be made anew", () => {
    const step = fc.record({
      operator: fc.nat(79),
      what: fc.constantFrom("online", "draining", "stake", "begin", "end", "program", "join"),
      asked: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { fleet, reservations, experience, register, lane, occupy, release } = market();
        const all = Array.from({ length: 70 }, (_, i) =>
          register(i, { speed: 1 + (i % 7) / 10, priceBps: 10_000 - 100 * (i % 11) }),
        );
        const { terms } = lane(1, 1);
        const rankings = new Rankings(fleet, reservations);
        const view = viewOf(reservations, experience);
        rankings.of(terms, view());
        for (const [i, { operator, what, asked }] of steps.entries()) {
          if (what === "join") all[operator] = register(operator);
          const one = all[operator];
          if (!one) continue;
          const [running] = one.computing.keys();
          if (what === "online") one.set({ online: !one.online });
          if (what === "draining") one.set({ draining: !one.draining });
          if (what === "stake") one.set({ freeStake: one.freeStake === 0n ? 1_000n : 0n });
          if (what === "begin" && !running) occupy(one, `${i}`, NOW + 1_000 * (1 + (i % 40)));
          if (what === "end" && running) release(one, running);
          if (what === "program") register(operator, { programs: [OTHER] });
          if (!asked) continue;
          const anew = new Ranking(terms);
          const now = view();
          for (const holder of fleet.holding(PROGRAM)) anew.look(holder, now);
          expect(look(rankings.of(terms, view()), view())).to.deep.equal(look(anew, now));
        }
      }),
    );
  });
});

describe("what tasks wait for, from run to run", () => {
  const step = fc.record({
    operator: fc.nat(99),
    what: fc.constantFrom("end", "end", "end", "leave", "come", "more"),
    passes: fc.nat(400),
  });
  const start = (cores: (i: number) => number) => {
    const of = market();
    const all = Array.from({ length: 100 }, (_, i) => of.register(i));
    for (const [i, one] of all.entries()) occupy(of, one, NOW + 1_000 + 100 * i, cores(i));
    return { ...of, all };
  };
  const occupy = (
    of: ReturnType<typeof market>,
    one: FleetOperator,
    until: number,
    cores: number,
  ) => of.occupy(one, `first of ${one.address}`, until, cores);

  it("leaves nobody with room for what waits, whoever ends, leaves or comes", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const of = start((i) => 1 + (i % 4));
        const lanes = [4, 3, 2].map((cores, i) =>
          of.lane(i, 100, { cores, remaining: 1_000 * (3 - i), memoryMb: 1 + i }),
        );
        let now = NOW;
        of.run(now);
        let next = 100;
        for (const { operator, what, passes } of steps) {
          now += passes;
          const one = of.all[operator]!;
          const [running] = one.computing.keys();
          if (what === "end" && running) of.release(one, running);
          if (what === "leave") one.set({ online: false });
          if (what === "come") one.set({ online: true });
          const task = { level: 0, nextAttempt: 1, avoid: new Set<string>(), offerBps: 10_000 };
          if (what === "more") lanes[operator % 3]!.add({ ...task, index: next++ });
          of.run(now);
          const queue = new ReadyQueue();
          for (const lane of lanes) queue.open(lane);
          const anew = new Matcher(queue, of.fleet, of.reservations, of.experience, "seed");
          anew.run(now, ({ operator }) => expect.fail(`${operator.address} has room`));
        }
      }),
      { numRuns: 50 },
    );
  });

  it("is asked again once somebody has room, or after a while", () => {
    const of = start(() => 4);
    const lane = of.lane(1, 50);
    of.run();
    const looks = () => {
      let looked = 0;
      const { best } = Ranking.prototype;
      Ranking.prototype.best = function (...args) {
        looked++;
        return best.apply(this, args);
      };
      return { end: () => ((Ranking.prototype.best = best), looked) };
    };
    const asked = (now: number) => {
      const counted = looks();
      const given = of.run(now).length;
      return { looked: counted.end(), given };
    };
    expect(asked(NOW + 1)).to.deep.equal({ looked: 0, given: 0 });
    of.release(of.all[7]!, `first of ${of.all[7]!.address}`);
    expect(asked(NOW + 2).given).equal(1);
    expect(lane.size).equal(49);
    expect(asked(NOW + 3)).to.deep.equal({ looked: 0, given: 0 });
    expect(asked(NOW + TASK_MS / 2)).to.deep.equal({ looked: 1, given: 0 });
  });
});

describe("a workflow that prefers money, with many operators", () => {
  /** Operators of which each asks 1% of the ceiling more than the one before; all of them have run the program. */
  const asking = () => {
    const of = market();
    const all = Array.from({ length: 99 }, (_, i) => of.register(i, { priceBps: 100 * (i + 1) }));
    for (const { address } of all) of.experience.succeeded(PROGRAM, address, TASK_MS);
    return { ...of, all };
  };
  const seconds = TASK_MS / 1_000;

  it("is done by those who ask least, by no more than it takes to be in time", () => {
    const { lane, run, all } = asking();
    // In time each of them can do two, one after another.
    lane(1, 12, { withinSeconds: 2.3 * seconds });
    const by = new Set(run().map(({ operator }) => operator.address));
    expect([...by].sort()).to.deep.equal(all.slice(0, 6).map(({ address }) => address));
  });

  it("is done by whoever can where there is no time for all of it", () => {
    const { lane, run } = asking();
    lane(1, 150, { withinSeconds: 1.5 * seconds });
    expect(run().flatMap(({ tasks }) => tasks)).to.have.length(99);
  });

  it("waits for those who ask least though others have room, and is given to the first of them that has", () => {
    const { lane, run, all, occupy, release, matcher } = asking();
    for (const one of all.slice(0, 70)) occupy(one, `first of ${one.address}`, NOW + 1_000);
    const ready = lane(1, 8, { withinSeconds: 10 * seconds });
    for (const now of [NOW, NOW + 1, NOW + 2]) expect(run(now)).to.deep.equal([]);
    expect(matcher.explain(ready, ready.peek()!, NOW + 2).get(all[80]!.address)).to.equal("dear");
    // One is enough, and this is another.
    release(all[60]!, `first of ${all[60]!.address}`);
    expect(run(NOW + 3)).to.deep.equal([]);
    release(all[0]!, `first of ${all[0]!.address}`);
    const [given, ...others] = run(NOW + 4);
    expect(given!.operator).to.equal(all[0]);
    expect(others).to.deep.equal([]);
  });

  it("does not keep others' tasks from whom it finds too dear", () => {
    const { lane, run, all, occupy } = asking();
    for (const one of all.slice(0, 70)) occupy(one, `first of ${one.address}`, NOW + 6_000);
    lane(1, 8, { withinSeconds: 10 * seconds });
    lane(2, 5, { remaining: 5 });
    const given = run();
    expect(given.map(({ lane: of }) => of.terms.workflow)).to.deep.equal([2, 2, 2, 2, 2]);
    expect(given.every(({ operator }) => all.indexOf(operator) >= 70)).to.equal(true);
  });
});

describe("matching with many operators", () => {
  it("leaves no task without an operator as long as one has room", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: LOOKED_AT + 1, max: 200 }),
        fc.integer({ min: 1, max: 300 }),
        (operators, tasks) => {
          const { register, lane, run } = market();
          for (let i = 0; i < operators; i++) register(i, { speed: 0.5 + (i % 10) / 7 });
          const ready = lane(1, tasks);
          const given = run().flatMap((match) => match.tasks);
          expect(given).to.have.length(Math.min(operators, tasks));
          expect(ready.size).to.equal(tasks - given.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("goes round among equals: who waited longest is given the next task", () => {
    const { register, lane, run, fleet } = market();
    for (let i = 0; i < 150; i++) register(i).set({ lastAssignedAt: NOW - i });
    lane(1, 3);
    expect(run().map((m) => m.operator.address)).to.deep.equal(
      [...fleet.all()]
        .slice(-3)
        .map((o) => o.address)
        .reverse(),
    );
  });

  it("keeps a slow machine free for few tasks that the fast ones should finish sooner, and uses it when there are more, also of many workflows", () => {
    const slowIsUsed = (workflows: number, each: number) => {
      const { register, lane, run, occupy, experience } = market();
      for (let i = 0; i < 100; i++) {
        const fast = register(i);
        for (let n = 0; n < 5; n++) experience.succeeded(PROGRAM, fast.address, TASK_MS);
        occupy(fast, `busy ${i}`, NOW + 1_000);
      }
      const slow = register(100);
      for (let n = 0; n < 5; n++) experience.succeeded(PROGRAM, slow.address, 3 * TASK_MS);
      for (let w = 0; w < workflows; w++) lane(w, each);
      return run().some((m) => m.operator === slow);
    };
    expect(slowIsUsed(1, 20)).to.equal(false);
    expect(slowIsUsed(10, 10)).to.equal(false);
    expect(slowIsUsed(1, 400)).to.equal(true);
    expect(slowIsUsed(40, 10)).to.equal(true);
  });

  it("says of every workflow that waits that the slow machine is passed over, and until when", () => {
    const { register, lane, run, occupy, experience, matcher } = market();
    for (let i = 0; i < 100; i++) {
      const fast = register(i);
      experience.restore(PROGRAM, fast.address, { runs: 5, meanMs: TASK_MS, failed: 0 });
      occupy(fast, `busy ${i}`, NOW + 1_000);
    }
    const slow = register(100);
    experience.restore(PROGRAM, slow.address, { runs: 5, meanMs: 3 * TASK_MS, failed: 0 });
    const lanes = [0, 1, 2].map((workflow) => lane(workflow, 5));
    expect(run()).to.deep.equal([]);
    for (const waiting of lanes) {
      const why = matcher.explain(waiting, waiting.peek()!, NOW);
      expect(why.get(slow.address)).to.equal("slower");
      expect(matcher.waitsUntil(waiting)).to.equal(matcher.waitsUntil(lanes[0]!));
    }
    expect(matcher.waitsUntil(lanes[0]!)).to.be.greaterThan(NOW);
  });

  it("finds who is free behind any number of machines that are kept for others", () => {
    const { register, lane, run, occupy, fleet } = market();
    for (let i = 0; i < 150; i++) occupy(register(i), `half ${i}`, NOW + 1_000 + i, 2);
    // Each kind waits for whole machines, and keeps some for itself.
    for (let kind = 0; kind < 4; kind++) lane(1, 200, { remaining: 1_000_000, memoryMb: 1 + kind });
    const small = lane(1, 1, { cores: 1 });
    const [match] = run();
    expect(match!.lane).to.equal(small);
    const first = [...fleet.all()].slice(0, 48).map(({ address }) => address);
    expect(first).not.to.include(match!.operator.address);
    expect(match!.decision.rejections.held!.length).to.be.greaterThan(40);
  });

  it("passes over those that ask for more than is offered, however many there are", () => {
    const { register, lane, run } = market();
    for (let i = 0; i < 150; i++) register(i, { speed: 2 });
    const cheap = register(150, { speed: 0.5, priceBps: 4_000 });
    const ready = lane(1, 0);
    ready.add({ index: 0, level: 0, nextAttempt: 1, avoid: new Set(), offerBps: 5_000 });
    expect(run().map((m) => m.operator)).to.deep.equal([cheap]);
  });

  it("still tries newcomers, though many better known ones have room", () => {
    const { register, lane, run, experience, release } = market();
    for (let i = 0; i < 150; i++) {
      const known = register(i);
      for (let n = 0; n < 5; n++) experience.succeeded(PROGRAM, known.address, TASK_MS);
    }
    const newcomer = register(150, { speed: 0.5 });
    let explored = 0;
    for (let w = 0; w < 400; w++) {
      lane(w, 1, { remaining: 1_000_000 }); // what the workflow waits for, so that the other has time
      lane(w, 1);
      for (const { operator } of run()) {
        if (operator === newcomer) explored++;
        for (const key of operator.computing.keys()) release(operator, key);
      }
    }
    // A bit less than the share of decisions that explore, of those with slack.
    expect(explored / 400).to.be.within(EXPLORATION / 2, EXPLORATION * 1.5);
  });

  it("writes down few of them, and counts the others", () => {
    const { register, lane, run, occupy } = market();
    for (let i = 0; i < 300; i++) register(i);
    for (let i = 300; i < 500; i++) occupy(register(i), `busy ${i}`, NOW + 5_000);
    for (let i = 500; i < 600; i++) register(i).set({ online: false });
    lane(1, 1);
    const [match] = run();
    const { candidates, rejections, unnamed } = match!.decision;
    expect(candidates.length).to.be.within(1, MAX_CANDIDATES);
    const free = candidates.filter((c) => c.startMs === 0).length + (unnamed.free ?? 0);
    expect(free).to.equal(300);
    expect(rejections.offline).to.have.length(MAX_REJECTED);
    expect(unnamed.offline).to.equal(100 - MAX_REJECTED);
    expect(JSON.stringify(match!.decision), "in order").equal(canonicalJson(match!.decision));
    const busy = candidates.filter((c) => c.startMs > 0).length;
    expect(busy + rejections.machine!.length + unnamed.machine!).to.equal(200);
  });
});
