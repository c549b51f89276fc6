import { expect } from "chai";
import fc from "fast-check";
import { sha256 } from "../../../protocol/digest";
import {
  choose,
  deciding,
  MAX_CANDIDATES,
  type Question,
} from "../../../offchain/matchmaker/choose";
import { MAX_REJECTED, rejectionsOf, type Rejection } from "../../../offchain/matchmaker/decision";
import { Experience } from "../../../offchain/matchmaker/experience";
import { Fleet } from "../../../offchain/matchmaker/fleet";
import type { Match } from "../../../offchain/matchmaker/match";
import { Matcher } from "../../../offchain/matchmaker/matcher";
import { endOf } from "../../../offchain/matchmaker/pace";
import { Lane, ReadyQueue, type ReadyTask } from "../../../offchain/runtime/ready-queue";
import { Reservations } from "../../../offchain/runtime/reservation";

const PROGRAM = sha256("program");
const NOW = 1_000_000;

/** A market floor with one machine. */
function floor(cores: number) {
  const fleet = new Fleet();
  const reservations = new Reservations();
  const experience = new Experience();
  const queue = new ReadyQueue(undefined, () => experience.version);
  const matcher = new Matcher(queue, fleet, reservations, experience, "seed");
  const machine = { id: "m", cores, memoryMb: 10_000, gpus: [] };
  reservations.declare("m", machine);
  const operator = (address: string, changes: object = {}) => {
    const joined = fleet.register(address, {
      name: address,
      machine,
      offer: { cores, memoryMb: 10_000, gpus: 0, vramMb: 0 },
      programs: [PROGRAM],
      concurrency: 1,
      priceBps: 10_000,
      speed: 1,
      ...changes,
    });
    reservations.offer(address, "m", joined.registration.offer, []);
    joined.set({ online: true, freeStake: 1_000n });
    return joined;
  };
  const lane = (workflow: number, need: number, remaining: number, tasks: number, from = 0) => {
    const lane = new Lane(
      {
        workflow,
        step: `step${from}`,
        stepIndex: 0,
        program: PROGRAM,
        resources: { cores: need, memoryMb: 1, gpus: 0, vramMb: 0 },
        ceiling: 100n,
        bond: 1n,
        claimSeconds: 120,
        runSeconds: 40,
      },
      { remainingMs: () => remaining },
    );
    for (let i = 0; i < tasks; i++) lane.add(task(from + i));
    queue.open(lane);
    return lane;
  };
  /** A lane of tasks of one step, one for each size class. */
  const sizes = (classes: number[]) => {
    const whole = lane(1, 1, 30, 0);
    const { program } = whole.terms;
    const remaining = (_: number, sizeClass?: number) =>
      30 * experience.sizeFactor(program, sizeClass);
    const grows = () => experience.grows(program);
    const sized = new Lane(whole.terms, { remainingMs: remaining, grows });
    for (const [index, sizeClass] of classes.entries()) sized.add({ ...task(index), sizeClass });
    queue.close(whole);
    queue.open(sized);
    return sized;
  };
  const run = () => {
    const matches: Match<ReadyTask>[] = [];
    matcher.run(NOW, (match) => {
      matches.push(match);
      const { operator: by, tasks, slots, lane: of } = match;
      for (const t of tasks.slice(0, slots)) {
        const key = `${of.terms.workflow}/${t.index}`;
        const work = { program: PROGRAM, since: NOW, fallbackMs: 10_000 };
        const ends = (at: number) => endOf(experience, by.address, work, at);
        reservations.book(key, by.address, of.terms.resources, ends);
        by.begin(key, work);
      }
      by.queue(tasks.length - slots);
      by.set({ lastAssignedAt: NOW });
    });
    return matches;
  };
  return { operator, lane, sizes, run, experience, matcher, fleet, reservations };
}

const task = (index: number, avoid: string[] = [], offerBps = 10_000): ReadyTask => ({
  index,
  level: 0,
  nextAttempt: 1,
  avoid: new Set(avoid),
  offerBps,
});

describe("matching", () => {
  it("serves the longest remaining path of a workflow first", () => {
    const { operator, lane, run } = floor(1);
    operator("a");
    lane(1, 1, 10, 1);
    lane(1, 1, 20, 1, 10);
    expect(run().map((m) => m.lane.terms.step)).to.deep.equal(["step10"]);
  });

  it("gives a task to nobody who asks for more than is offered for it, nor with others that are worth it", () => {
    const { operator, lane, run, matcher } = floor(8);
    operator("cheap", { priceBps: 4_000, concurrency: 4 });
    operator("dear", { priceBps: 6_000, concurrency: 4 });
    const cheap = lane(1, 1, 10, 0);
    for (const [index, offer] of [3_000, 5_000, 5_000, 3_999].entries())
      cheap.add(task(index, [], offer));
    const matches = run();
    expect(matches.map((m) => [m.operator.address, m.tasks.map((t) => t.index)])).to.deep.equal([
      ["cheap", [1, 2]],
    ]);
    expect(matches[0]!.price).to.equal(40n);
    expect(matches[0]!.decision.rejections).to.deep.equal({ price: ["dear"] });
    expect([...matcher.explain(cheap, task(0, [], 3_000), NOW).values()]).to.deep.equal([
      "price",
      "price",
    ]);
  });

  it("gives a task to who has done such ones rather than to a stranger that has waited longer", () => {
    const { operator, lane, run, experience } = floor(1);
    for (const name of ["proven", "stranger"]) experience.declare(name, 1);
    for (let i = 0; i < 20; i++) experience.succeeded(PROGRAM, "proven", 10_000);
    // It fails as often as a stranger should.
    for (let i = 0; i < 8; i++) experience.failed(PROGRAM, "proven");
    const rates = ["proven", "stranger"].map((name) => experience.failureRate(PROGRAM, name));
    expect(rates[0]! / rates[1]!).to.be.within(0.9, 1.1);
    operator("proven").set({ lastAssignedAt: NOW - 1 });
    operator("stranger");
    lane(1, 1, 10, 1);
    const [match] = run();
    expect(match!.operator.address).to.equal("proven");
    expect(choose(match!.decision)!.choice).to.equal("proven");
  });

  it("takes turns between workflows that are equally urgent", () => {
    const { operator, lane, run } = floor(4);
    for (const name of "abcd") operator(name);
    lane(1, 1, 10, 9);
    const first = run();
    expect(new Set(first.map((m) => m.operator.address)).size).to.equal(4);
  });

  it("books operators of one machine together, never beyond its cores", () => {
    const { operator, lane, run, reservations } = floor(2);
    for (const name of "abcdef") operator(name);
    lane(1, 1, 10, 16);
    expect(run()).to.have.length(2);
    expect(reservations.booked("m").cores).to.equal(2);
  });

  it("never gives an operator more at once than it offers of its machine", () => {
    const { operator, lane, run, matcher } = floor(32);
    const offer = { cores: 8, memoryMb: 10_000, gpus: 0, vramMb: 0 };
    operator("part", { offer, concurrency: 4 });
    const ready = lane(1, 3, 10, 16);
    expect(run().map((m) => [m.tasks.length, m.slots])).to.deep.equal([[2, 2]]);
    expect([...matcher.explain(ready, ready.peek()!, NOW).values()]).to.deep.equal(["in_use"]);
    operator("other", { offer: { ...offer, cores: 24 }, concurrency: 4 });
    expect(run().map((m) => [m.operator.address, m.slots])).to.deep.equal([["other", 4]]);
  });

  it("gives an idle operator a queue of short tasks, and a busy one nothing before that is done", () => {
    const { operator, lane, run, experience } = floor(2);
    for (const name of "abcdef") operator(name);
    for (const name of "abcdef") experience.succeeded(PROGRAM, name, 1_000);
    const ready = lane(1, 1, 10, 16);
    const matches = run();
    expect(matches.map((m) => m.tasks.length)).to.deep.equal([3, 3]);
    expect(matches.map((m) => m.slots)).to.deep.equal([1, 1]);
    expect(ready.size).to.equal(10);
  });

  it("gives no queue to an operator that never ran the program, whatever others took for it", () => {
    const { operator, lane, run, experience } = floor(1);
    operator("stranger");
    experience.succeeded(PROGRAM, "another", 1_000);
    lane(1, 1, 10, 5);
    expect(run().map(({ tasks }) => tasks.length)).to.deep.equal([1]);
  });

  it("keeps a machine for an urgent task that needs all of it", () => {
    const { operator, lane, run, fleet, reservations, experience, matcher } = floor(2);
    operator("a");
    operator("b");
    operator("c");
    lane(1, 1, 10, 1);
    run();
    experience.succeeded(PROGRAM, "a", 10_000);
    // The urgent task should have its room in about 10 s; what takes 30 s would be in its way.
    for (const slow of ["b", "c"]) experience.succeeded(PROGRAM, slow, 30_000);
    lane(2, 2, 50, 1, 10);
    const slow = lane(2, 1, 5, 1, 20);
    expect(run()).to.deep.equal([]);
    expect(Object.fromEntries(matcher.explain(slow, slow.peek()!, NOW))).to.deep.equal({
      a: "concurrency",
      b: "held",
      c: "held",
    });
    for (const by of fleet.all()) for (const key of by.computing.keys()) by.end(key);
    reservations.free("1/0");
    expect(run().map((m) => m.lane.terms.step)).to.deep.equal(["step10"]);
  });

  it("avoids who failed the task while another can take it, and only then", () => {
    const { operator, lane, run } = floor(2);
    operator("bad");
    const other = operator("other");
    other.set({ online: false });
    lane(1, 1, 10, 0).add(task(0, ["bad"]));
    expect(run()[0]!.operator.address).to.equal("bad");
    const again = floor(2);
    again.operator("bad");
    again.operator("other", { priceBps: 10_000 });
    again.lane(1, 1, 10, 0).add(task(0, ["bad"]));
    expect(again.run()[0]!.operator.address).to.equal("other");
  });

  it("lets a task with large inputs wait for a fast operator, and gives small ones to a slow one meanwhile", () => {
    const { operator, lane, sizes, run, experience, matcher } = floor(8);
    operator("fast", { concurrency: 2 });
    operator("slow");
    for (const size of [10, 11, 12, 13, 14, 15, 16]) {
      experience.succeeded(PROGRAM, "fast", 10 * 2 ** (size - 10), size);
      experience.succeeded(PROGRAM, "slow", 100 * 2 ** (size - 10), size);
    }
    lane(2, 1, 100, 2, 50); // all that the fast one takes at once, for half a second or so
    expect(run().map((m) => m.operator.address)).to.deep.equal(["fast", "fast"]);
    const mixed = sizes([10, 18, 10, 10]);
    const matches = run();
    expect(matches.map((m) => m.operator.address)).to.deep.equal(["slow"]);
    expect(matches[0]!.tasks.map(({ index }) => index)).to.not.include(1);
    const [large] = mixed.ready();
    expect(large!.terms.sized!.sizeClass).to.equal(18);
    expect(Object.fromEntries(matcher.explain(large!, large!.peek()!, NOW))).to.deep.equal({
      fast: "concurrency",
      slow: "concurrency",
    });
  });

  it("lets a task wait for a busy operator that should finish it sooner, says so, and fills the others behind it", () => {
    const { operator, lane, run, matcher, experience, reservations } = floor(8);
    operator("fast");
    operator("slow");
    for (let i = 0; i < 5; i++) {
      experience.succeeded(PROGRAM, "fast", 1_000);
      experience.succeeded(PROGRAM, "slow", 10_000);
    }
    const first = lane(1, 1, 30, 1);
    expect(run().map((m) => m.operator.address)).to.deep.equal(["fast"]);
    const next = lane(2, 1, 20, 2, 10);
    expect(run()).to.deep.equal([]);
    expect(Object.fromEntries(matcher.explain(next, next.peek()!, NOW))).to.deep.equal({
      fast: "concurrency",
      slow: "slower",
    });
    expect(matcher.waitsUntil(next)).to.be.within(NOW + 900, NOW + 1_500);
    expect(matcher.waitsUntil(first)).to.equal(undefined);
    // With as many before it as the fast one should finish meanwhile, the slow one gets a task.
    for (let i = 20; i < 40; i++) next.add(task(i));
    const [match] = run();
    expect(match!.operator.address).to.equal("slow");
    const fast = match!.decision.candidates.find((c) => c.operator === "fast")!;
    expect(fast.startMs).to.be.greaterThan(8_000);
    expect(choose(match!.decision)!.choice).to.equal("slow");
    expect(reservations.booked("m").cores).to.equal(2);
  });

  it("gives nobody a task that should take longer than its limit there, while another can", () => {
    const { operator, lane, run, experience } = floor(8);
    operator("slow");
    const fast = operator("fast");
    for (let i = 0; i < 5; i++) {
      experience.succeeded(PROGRAM, "fast", 1_000);
      experience.succeeded(PROGRAM, "slow", 60_000);
    }
    lane(1, 1, 10, 1);
    const [match] = run();
    expect(match!.operator.address).to.equal("fast");
    expect(match!.decision.rejections).to.deep.equal({ too_slow: ["slow"] });
    fast.set({ online: false });
    lane(2, 1, 10, 1, 5);
    expect(run().map((m) => m.operator.address)).to.deep.equal(["slow"]);
  });

  it("says for every operator why it can't take a task", () => {
    const { operator, lane, matcher } = floor(2);
    operator("offline").set({ online: false });
    operator("draining").set({ draining: true });
    operator("stranger", { programs: [] });
    operator("small", { offer: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 } });
    operator("poor").set({ freeStake: 0n });
    operator("good");
    const ready = lane(1, 2, 10, 1);
    expect(Object.fromEntries(matcher.explain(ready, ready.peek()!, NOW))).to.deep.equal({
      offline: "offline",
      draining: "draining",
      stranger: "program",
      small: "offer",
      poor: "stake",
      good: undefined,
    });
  });
});

describe("experience", () => {
  const OTHER = sha256("other");
  const learned = () => {
    const experience = new Experience();
    for (const name of ["a", "b", "c", "slow"]) experience.declare(name, 1);
    for (const name of ["a", "b", "c"])
      for (const program of [PROGRAM, OTHER]) experience.succeeded(program, name, 1_000);
    return experience;
  };

  it("knows an operator that was slow at one program to be slow at all of them", () => {
    const experience = learned();
    experience.succeeded(PROGRAM, "slow", 10_000);
    expect(experience.expectedMs(OTHER, "slow", 0)).to.be.within(4_000, 12_000);
    expect(experience.expectedMs(OTHER, "a", 0)).to.be.within(900, 1_300);
  });

  it("believes a declared speed until the first results", () => {
    const experience = learned();
    experience.declare("new", 2);
    expect(experience.expectedMs(PROGRAM, "new", 0)).to.be.closeTo(500, 1);
    for (let i = 0; i < 8; i++) experience.succeeded(PROGRAM, "new", 1_000);
    expect(experience.expectedMs(PROGRAM, "new", 0)).to.be.within(950, 1_050);
    experience.declare("braggart", 100);
    expect(experience.expectedMs(PROGRAM, "braggart", 0)).to.be.within(480, 600);
  });

  it("learns from a run that ended before it was done only when it took long already", () => {
    const experience = learned();
    experience.failed(PROGRAM, "slow", 900);
    expect(experience.expectedMs(PROGRAM, "slow", 0)).to.be.closeTo(1_000, 1);
    experience.failed(PROGRAM, "slow", 5_000);
    expect(experience.expectedMs(PROGRAM, "slow", 0)).to.be.greaterThan(4_000);
  });

  it("takes a running task that is late to be late as much again", () => {
    const experience = learned();
    const work = { program: PROGRAM, since: NOW, fallbackMs: 1 };
    expect(endOf(experience, "a", work, NOW)).to.be.closeTo(NOW + 1_000, 1);
    expect(endOf(experience, "a", work, NOW + 4_000)).to.be.closeTo(NOW + 7_000, 1);
  });
});

describe("choosing", () => {
  const candidate = (operator: string, score: number, more: object = {}) => ({
    operator,
    startMs: 0,
    finishMs: score,
    price: "1",
    failureRate: 0.1,
    experience: 10,
    lastAssignedAt: 0,
    score,
    ...more,
  });
  const question = (candidates: Question["candidates"], first = 0): Question => ({
    version: 1,
    workflow: 1,
    step: "s",
    head: first,
    tasks: [first],
    attempt: 1,
    decidedAt: NOW,
    seed: "seed",
    slackMs: 10_000,
    candidates,
  });

  it("takes the best score, and goes round among those that are as good", () => {
    const slow = candidate("slow", 200);
    const a = candidate("a", 100, { lastAssignedAt: 5 });
    const b = candidate("b", 101, { lastAssignedAt: 3 });
    expect(choose(question([a, slow]))?.choice).to.equal("a");
    expect(choose(question([a, b, slow]))?.choice).to.equal("b");
  });

  it("tries newcomers in a small fixed share of decisions, the same ones every time", () => {
    const old = candidate("old", 100);
    const fresh = candidate("new", 1_000, { experience: 0 });
    const explored = Array.from({ length: 2_000 }, (_, i) => choose(question([old, fresh], i)));
    const share = explored.filter((c) => c?.choice === "new").length / explored.length;
    expect(share).to.be.within(0.03, 0.07);
    expect(choose(question([old, fresh], 7))).to.deep.equal(choose(question([old, fresh], 7)));
  });

  it("is the same from a record that names the deciding candidates as from all of them", () => {
    const many = fc.array(
      fc.record({
        score: fc.integer({ min: 95, max: 200 }),
        finishMs: fc.integer({ min: 1, max: 20_000 }),
        experience: fc.integer({ min: 0, max: 5 }),
        lastAssignedAt: fc.integer({ min: 0, max: 50 }),
      }),
      { minLength: 2, maxLength: 300, size: "max" },
    );
    let left = 0;
    fc.assert(
      fc.property(many, fc.integer({ min: 0, max: 3 }), fc.nat(200), (drawn, busy, head) => {
        const all = drawn.map(({ score, ...more }, i) =>
          candidate(`op${i}`, score, { ...more, startMs: i < busy ? 1 : 0 }),
        );
        const named = deciding(all, 10_000);
        left += all.length - named.length;
        expect(named.length).to.be.at.most(MAX_CANDIDATES);
        expect(choose(question(named, head))).to.deep.equal(choose(question(all, head)));
      }),
    );
    expect(left).to.be.greaterThan(0);
  });

  it("counts those beyond a limit whom a record does not name, by reason", () => {
    const address = (i: number) => `op${String(i).padStart(3, "0")}`;
    const draining = Array.from({ length: MAX_REJECTED + 5 }, (_, i) => address(i)).reverse();
    const { rejections, unnamed } = rejectionsOf(
      new Map<Rejection, string[]>([
        ["draining", [...draining]],
        ["stake", ["x"]],
      ]),
    );
    expect(unnamed).to.deep.equal({ draining: 5 });
    expect(rejections.stake).to.deep.equal(["x"]);
    expect(rejections.draining).to.deep.equal([...draining].sort().slice(0, MAX_REJECTED));
  });
});
