import { expect } from "chai";
import fc from "fast-check";
import { Canaries, type Canary, type Question } from "../../../offchain/matchmaker/canaries";
import { choose, NEWCOMER_BELOW } from "../../../offchain/matchmaker/choose";
import type { Candidate } from "../../../offchain/matchmaker/decision";
import { Experience } from "../../../offchain/matchmaker/experience";
import { Fleet } from "../../../offchain/matchmaker/fleet";
import { Reservations } from "../../../offchain/runtime/reservation";
import { sha256 } from "../../../protocol/digest";
import { LIMITS } from "../../../protocol/limits";

const PROGRAMS = Array.from({ length: 5 }, (_, i) => sha256(`program ${i}`));
const IDLE_MS = 30_000;
const START = 1_000_000_000;
const NEED = { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 };

/** Machines of which each has two operators. */
function market() {
  const fleet = new Fleet();
  const reservations = new Reservations();
  const experience = new Experience();
  const canaries = new Canaries<Question>(fleet, reservations, experience, "seed", IDLE_MS);
  const join = (i: number, changes: object = {}) => {
    const address = `0x${i.toString(16).padStart(4, "0")}`;
    const machine = { id: `machine ${i >> 1}`, cores: 4, memoryMb: 100, gpus: [] };
    reservations.declare(machine.id, machine);
    const operator = fleet.register(address, {
      name: address,
      machine,
      offer: { cores: 2, memoryMb: 50, gpus: 0, vramMb: 0 },
      programs: PROGRAMS.slice(i % 2),
      concurrency: 2,
      priceBps: 10_000,
      speed: 1,
      ...changes,
    });
    reservations.offer(address, machine.id, operator.registration.offer, []);
    operator.set({ online: true, freeStake: 10n });
    canaries.joined(operator);
    return operator;
  };
  const question = (i: number, program: string, maker: string, runSeconds = 60): Question => ({
    key: `1/${i}`,
    maker,
    terms: {
      workflow: 1,
      step: "step",
      stepIndex: 0,
      program,
      resources: NEED,
      ceiling: 100n,
      bond: 1n,
      claimSeconds: 120,
      runSeconds,
    },
  });
  return { fleet, reservations, experience, canaries, join, question };
}

describe("canaries", () => {
  const event = fc.oneof(
    { weight: 6, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 40 }) }) },
    fc.record({ done: fc.nat(60), by: fc.nat(19), program: fc.nat(4) }),
    fc.record({ begin: fc.nat(19) }),
    fc.record({ end: fc.nat(19) }),
    fc.record({ over: fc.nat(19), passed: fc.boolean() }),
    fc.record({ online: fc.nat(19) }),
    fc.record({ forget: fc.nat(60) }),
  );

  it("go to idle newcomers, one at a time, each once, within all limits, whatever happens", () => {
    let given = 0;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 150, size: "max" }), (events) => {
        const { canaries, experience, reservations, join, question } = market();
        const all = Array.from({ length: 20 }, (_, i) => join(i));
        const open = new Map<string, Canary<Question>>();
        const asked = new Map<string, string[]>();
        const times: number[] = [];
        const busyAt = new Map<string, number>();
        const known = new Map<string, Question>();
        let now = START;
        const look = () => {
          for (const one of canaries.choose(now)) {
            given++;
            const { operator, question: of } = one;
            const { address } = operator;
            const before = asked.get(address) ?? [];
            expect(open.has(address), "one at a time").equal(false);
            expect(before).not.to.include(of.key);
            expect(of.maker).not.equal(address);
            expect(known.get(of.key)).equal(of);
            expect(operator.programs.has(of.terms.program)).equal(true);
            expect(operator.online && operator.computing.size === 0).equal(true);
            expect(experience.attempts(address)).below(NEWCOMER_BELOW);
            const { id } = operator.registration.machine;
            expect(now - (busyAt.get(id) ?? START)).at.least(IDLE_MS);
            expect(reservations.booked(id).cores).equal(0);
            asked.set(address, [...before, of.key]);
            open.set(address, one);
            times.push(now);
            const same = asked
              .get(address)!
              .filter((key) => known.get(key)?.terms.program === of.terms.program);
            expect(same.length).at.most(LIMITS.canariesPerProgram);
            expect(asked.get(address)!.length).at.most(LIMITS.canariesPerOperator);
          }
          expect(open.size).at.most(LIMITS.canariesOpen);
          const minute = times.filter((at) => at > now - 60_000);
          expect(minute.length).at.most(LIMITS.canariesPerMinute);
        };
        for (const one of events) {
          if ("pass" in one) now += one.pass * 1_000;
          else if ("done" in one) {
            const of = question(one.done, PROGRAMS[one.done % 5]!, all[one.by]!.address);
            known.set(of.key, of);
            canaries.learn(of);
          } else if ("begin" in one) {
            const { address } = all[one.begin]!;
            const { id } = all[one.begin]!.registration.machine;
            if (!reservations.has(address) && reservations.fits(address, NEED)) {
              reservations.book(address, address, NEED, () => now);
              all[one.begin]!.begin(address, { program: PROGRAMS[0]!, since: now, fallbackMs: 1 });
              busyAt.set(id, now);
            }
          } else if ("end" in one) {
            const { address } = all[one.end]!;
            if (reservations.has(address)) busyAt.set(all[one.end]!.registration.machine.id, now);
            reservations.free(address);
            all[one.end]!.end(address);
          } else if ("over" in one) {
            const { address } = all[one.over]!;
            const its = open.get(address);
            if (its) {
              const { program } = its.question.terms;
              if (one.passed) experience.passed(program, address, 1_000);
              canaries.over(address);
              open.delete(address);
            }
          } else if ("online" in one) {
            const operator = all[one.online]!;
            operator.set({ online: !operator.online });
          } else {
            const of = known.get(`1/${one.forget}`);
            if (of) canaries.forget(of);
            known.delete(`1/${one.forget}`);
          }
          look();
        }
      }),
      { numRuns: 40 },
    );
    expect(given, "some were given").above(0);
  });

  /** @returns a market in which a task of a program was done, looked at until newcomers are long idle */
  function idle(changes: object = {}, runSeconds?: number) {
    const made = market();
    const operator = made.join(0, changes);
    made.canaries.learn(made.question(1, PROGRAMS[1]!, "0xmaker", runSeconds));
    expect(made.canaries.choose(START)).to.deep.equal([]);
    return { ...made, operator, later: START + IDLE_MS };
  }

  it("are asked as soon as an operator was idle for so long, and not before", () => {
    const { canaries, later, operator } = idle();
    expect(canaries.choose(later - 1)).to.deep.equal([]);
    expect(canaries.choose(later).map((one) => one.operator)).to.deep.equal([operator]);
  });

  it("are not asked of those that want none, nor tasks that should take too long", () => {
    const without = idle({ canaries: false });
    expect(without.canaries.choose(without.later)).to.deep.equal([]);
    const long = idle({}, 4 * LIMITS.canaryExpectedSeconds + 4);
    expect(long.canaries.choose(long.later)).to.deep.equal([]);
    const short = idle({}, 4 * LIMITS.canaryExpectedSeconds - 4);
    expect(short.canaries.choose(short.later)).to.have.length(1);
  });

  it("are no more in a minute, and at a time, than the market bears", () => {
    const { canaries, join, question } = market();
    const count = LIMITS.canariesOpen + LIMITS.canariesPerMinute;
    for (let i = 0; i < count; i++) join(i);
    canaries.learn(question(1, PROGRAMS[1]!, "0xmaker"));
    canaries.choose(START);
    const later = START + IDLE_MS;
    const first = canaries.choose(later);
    expect(first).to.have.length(LIMITS.canariesPerMinute);
    const left = LIMITS.canariesOpen - LIMITS.canariesPerMinute;
    expect(canaries.choose(later + 60_000)).to.have.length(left);
    expect(canaries.choose(later + 120_000)).to.deep.equal([]);
    canaries.over(first[0]!.operator.address);
    expect(canaries.choose(later + 120_000)).to.have.length(1);
  });

  it("come to everybody in turn, however many there are", () => {
    const { canaries, join, question } = market();
    const count = 1_200;
    const all = Array.from({ length: count }, (_, i) => join(i));
    canaries.learn(question(1, PROGRAMS[1]!, "0xmaker"));
    const asked = new Set<string>();
    for (let now = START; asked.size < count; now += 10_000) {
      for (const { operator } of canaries.choose(now)) {
        expect(asked.has(operator.address)).equal(false);
        asked.add(operator.address);
        canaries.over(operator.address);
      }
    }
    expect(all.every(({ address }) => asked.has(address))).equal(true);
  });

  it("of former days count", () => {
    const { canaries, later, operator } = idle();
    canaries.restore(operator.address, PROGRAMS[1]!, "1/1", START, false);
    canaries.choose(later);
    expect(canaries.choose(2 * later)).to.deep.equal([]);
  });
});

describe("what answers to canaries are worth", () => {
  const [PROGRAM] = PROGRAMS as [string];

  /** A market that has seen some attempts of others. */
  function experienced(runs: number, failed: number): Experience {
    const experience = new Experience();
    for (let i = 0; i < runs; i++) experience.succeeded(PROGRAM, `known ${i % 5}`, 10_000);
    for (let i = 0; i < failed; i++) experience.failed(PROGRAM, `known ${i % 5}`);
    return experience;
  }

  it("right ones never make a name better than average, nor the market different", () => {
    const answers = fc.array(fc.boolean(), { maxLength: LIMITS.canariesPerOperator });
    const past = fc.tuple(fc.nat(40), fc.nat(20));
    fc.assert(
      fc.property(past, answers, ([runs, failed], right) => {
        const experience = experienced(runs, failed);
        const known = experience.failureRate(PROGRAM, "known 0");
        const usual = (failed + 0.5) / (runs + failed + 5);
        for (const isRight of right) {
          if (isRight) experience.passed(PROGRAM, "new", 10_000);
          else experience.missed(PROGRAM, "new");
          expect(experience.failureRate(PROGRAM, "new")).at.least(usual);
        }
        expect(experience.attempts("new")).equal(right.length);
        expect(experience.failureRate(PROGRAM, "another")).closeTo(
          experienced(runs, failed).failureRate(PROGRAM, "another"),
          1e-12,
        );
        // A failure counts less as others work, and an answer is no work.
        expect(experience.failureRate(PROGRAM, "known 0")).closeTo(known, 0.05);
      }),
    );
  });

  it("say how fast a newcomer is", () => {
    const experience = experienced(20, 0);
    for (let i = 0; i < 2; i++) experience.passed(PROGRAM, "slow", 100_000);
    expect(experience.expectedMs(PROGRAM, "slow", 1)).above(80_000);
    expect(experience.hasRun(PROGRAM, "slow")).equal(true);
  });

  it("are the same when they are put back from the database", () => {
    const experience = experienced(20, 2);
    experience.passed(PROGRAM, "new", 10_000);
    const learned = { ...experience.missed(PROGRAM, "new") };
    const again = experienced(20, 2);
    again.restore(PROGRAM, "new", learned);
    expect(learned).to.deep.include({ runs: 1, failed: 1, canariesRight: 1, canariesWrong: 1 });
    expect(again.attempts("new")).equal(2);
    expect(again.failureRate(PROGRAM, "another")).equal(experience.failureRate(PROGRAM, "another"));
  });

  it("wrong ones keep a newcomer from being tried, whatever the seed", () => {
    const candidate = (operator: string, changes: Partial<Candidate>): Candidate => ({
      operator,
      startMs: 0,
      finishMs: 10_000,
      price: "100",
      failureRate: 0.05,
      experience: 20,
      lastAssignedAt: 0,
      score: 10_000,
      ...changes,
    });
    const chosen = (failureRate: number) => {
      const newcomer = candidate("new", { experience: 2, failureRate, score: 100_000 });
      const choices = Array.from({ length: 400 }, (_, head) =>
        choose({
          version: 1,
          workflow: 1,
          step: "step",
          head,
          tasks: [head],
          attempt: 1,
          decidedAt: 0,
          seed: "seed",
          slackMs: 60_000,
          candidates: [candidate("known", {}), newcomer],
        }),
      );
      return choices.filter((one) => one!.choice === "new").length;
    };
    const experience = experienced(20, 1);
    const rate = () => experience.failureRate(PROGRAM, "new");
    expect(chosen(rate())).above(0);
    for (let i = 0; i < LIMITS.canariesPerProgram; i++) experience.missed(PROGRAM, "new");
    expect(chosen(rate())).equal(0);
  });
});
