import { expect } from "chai";
import fc from "fast-check";
import { PACE_PROGRAMS } from "../../../offchain/matchmaker/durations";
import { Experience } from "../../../offchain/matchmaker/experience";
import { expectedRate, usualRate } from "../../../offchain/matchmaker/failures";
import { sha256, type Digest } from "../../../protocol/digest";
import {
  DAY_SECONDS,
  reputation,
  standings,
  type ProgramEvidence,
} from "../../../protocol/reputation";
import { DurationOracle } from "../../support/experience-oracle";

/** A midnight, Unix seconds. */
const NOW = 20_000 * DAY_SECONDS;
const programs = Array.from({ length: PACE_PROGRAMS + 1 }, (_, i) => sha256(`program ${i}`));

describe("learned durations", () => {
  it("has plans made anew when what a program usually takes has clearly changed, and only then", () => {
    const experience = new Experience();
    const operator = "0x01";
    const program = sha256("planned");
    const risesBy = (ms: number) => {
      const before = experience.version;
      experience.succeeded(program, operator, ms);
      return experience.version - before;
    };
    expect(risesBy(1_000)).equal(1);
    expect(risesBy(1_001)).equal(0);
    expect(risesBy(2_000)).equal(1);
    experience.failed(program, operator);
    // At first it may be the operator that has become slow.
    let settles = 0;
    for (let i = 0; i < 30; i++) settles += risesBy(1_334);
    expect(settles).equal(9);
    expect(risesBy(1_334)).equal(0);
    // However little each result adds, nothing is added for ever.
    let rises = 0;
    for (let i = 0; i < 200; i++) rises += risesBy(1_500 + 5 * i);
    expect(rises).within(5, 40);
  });

  const operators = ["a", "b", "c", "d", "e", "f"];
  const operator = fc.constantFrom(...operators);
  const program = fc.constantFrom(...programs.slice(0, 5));
  const ms = fc.integer({ min: 1, max: 1_000_000 });
  const size = fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined });
  const event = fc.oneof(
    { weight: 8, arbitrary: fc.record({ program, operator, ms, size }) },
    fc.record({ program, operator, ms, runs: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ operator, speed: fc.double({ min: 0.1, max: 10, noNaN: true }) }),
  );

  it("are those that a visit of everyone who runs the program gives", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200, size: "max" }), (events) => {
        const experience = new Experience();
        const oracle = new DurationOracle();
        for (const one of events) {
          if ("speed" in one) {
            experience.declare(one.operator, one.speed);
            oracle.declare(one.operator, one.speed);
            continue;
          }
          if ("runs" in one) {
            const { runs } = one;
            const size = experience.growthOf(one.program) ? 1 : 0;
            const was = { runs, meanMs: one.ms, size, failed: 0 };
            experience.restore(one.program, one.operator, was);
            const sizeClass = oracle.originOf(one.program);
            const restored = sizeClass === undefined ? undefined : sizeClass + 1;
            oracle.learn(one.program, one.operator, one.ms, runs, restored, false);
          } else {
            experience.succeeded(one.program, one.operator, one.ms, one.size);
            oracle.learn(one.program, one.operator, one.ms, 1, one.size);
          }
        }
        for (const of of programs.slice(0, 6))
          for (const by of [...operators, "stranger"]) {
            for (const size of [undefined, 3, 30]) {
              const expected = oracle.expectedMs(of, by, 5_000, size);
              const learned = experience.expectedMs(of, by, 5_000, size);
              expect(learned / expected).to.be.closeTo(1, 1e-8);
            }
          }
      }),
    );
  });

  it("do not drift away from that with ten thousand results", () => {
    const experience = new Experience();
    const oracle = new DurationOracle();
    let seed = 1;
    const draw = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let i = 0; i < 10_000; i++) {
      const [of, by, took] = [programs[draw(8)]!, operators[draw(6)]!, 1 + draw(1_000_000)];
      const size = draw(3) === 0 ? undefined : draw(40);
      experience.succeeded(of, by, took, size);
      oracle.learn(of, by, took, 1, size);
    }
    for (const of of programs.slice(0, 8))
      for (const by of operators)
        for (const size of [undefined, 3, 30]) {
          const learned = experience.expectedMs(of, by, 1, size);
          expect(learned / oracle.expectedMs(of, by, 1, size)).to.be.closeTo(1, 1e-8);
        }
  });

  it("take an operator's pace from the programs that it ran last", () => {
    const experience = new Experience();
    for (const of of programs) experience.succeeded(of, "usual", 1_000);
    // Slow at the first program alone, which the last one pushes out.
    for (const [i, of] of programs.entries())
      experience.succeeded(of, "changed", i === 0 ? 1_000_000 : 1_000);
    const fresh = sha256("fresh");
    experience.succeeded(fresh, "usual", 1_000);
    expect(experience.expectedMs(fresh, "changed", 1)).to.be.within(950, 1_050);
    expect(experience.expectedMs(programs[0]!, "changed", 1)).to.be.greaterThan(30_000);
  });
});

describe("a declared speed", () => {
  const [first, second] = programs as [Digest, Digest];
  const market = () => {
    const experience = new Experience();
    for (const name of ["a", "b", "c", "d", "e"]) {
      experience.declare(name, 1);
      for (let run = 0; run < 3; run++)
        for (const program of [first, second]) experience.succeeded(program, name, 1_000);
    }
    return experience;
  };

  it("is believed as long as results are about what it says, and no more with the first that is far off", () => {
    const elsewhere = (ms: number) => {
      const experience = market();
      experience.declare("new", 1);
      experience.succeeded(first, "new", ms);
      return experience.expectedMs(second, "new", 1);
    };
    expect(elsewhere(1_100)).to.be.within(1_000, 1_065);
    expect(elsewhere(900)).to.be.within(930, 1_000);
    expect(elsewhere(10_000)).to.be.within(9_500, 10_500);
  });

  it("does not make a first run that failed one that was late, as nobody knows how long the program takes", () => {
    const experience = new Experience();
    experience.declare("fast", 2);
    const failed = () => experience.failed(first, "fast", 5_000);
    failed();
    expect(experience.typicalMs(first)).to.equal(undefined);
    expect(experience.expectedMs(first, "fast", 60_000)).to.be.closeTo(30_000, 1);
    experience.succeeded(first, "other", 1_000);
    failed();
    expect(experience.expectedMs(first, "fast", 60_000)).to.be.above(5_000);
  });

  it("counts with a margin, which is smaller the more is known of the operator", () => {
    const experience = market();
    const margins = [experience.caution("stranger"), experience.caution("a")];
    for (let run = 0; run < 20; run++) experience.succeeded(first, "a", 1_000);
    margins.push(experience.caution("a"), 1);
    for (const [i, margin] of margins.slice(1).entries()) expect(margin).below(margins[i]!);
    expect(margins[0]).to.be.within(1.05, 1.15);
  });
});

describe("a new name", () => {
  const [program] = programs as [(typeof programs)[0]];
  /** Ten operators that fail one attempt in 20, and declare twice the speed that they have. */
  const market = (speed: number) => {
    const experience = new Experience();
    for (let i = 0; i < 10; i++) {
      experience.declare(`old ${i}`, speed);
      for (let run = 0; run < 19; run++) experience.succeeded(program, `old ${i}`, 1_000);
      experience.failed(program, `old ${i}`);
    }
    return experience;
  };

  it("is expected a little worse than an average history, and after some results no more", () => {
    const experience = market(1);
    experience.declare("new", 1);
    const over = () =>
      (1 - experience.failureRate(program, "old 0")) / (1 - experience.failureRate(program, "new"));
    expect(over()).to.be.within(1.01, 1.1);
    expect(experience.expectedMs(program, "new", 1)).to.be.closeTo(1_000, 1);
    for (let run = 0; run < 20; run++) experience.succeeded(program, "new", 1_000);
    expect(over()).to.be.below(1);
  });

  it("is never expected to be better than the market for its reputation, however good; a bad one counts, less with each attempt here", () => {
    const attempts = fc.integer({ min: 0, max: 30 });
    const tasks = fc.double({ min: 0, max: 1e6, noNaN: true });
    const tally = fc.record({ runs: attempts, failed: attempts });
    const property = fc.property(tally, tally, tasks, tasks, (others, own, good, bad) => {
      const usual = usualRate(others);
      const alone = expectedRate(usual, own, 1, own);
      const told = expectedRate(usual, own, 1, own, { runs: good, failed: bad });
      expect(told).to.be.at.least(Math.min(alone, usual));
      expect(told).to.be.at.most(1);
      if (own.runs + own.failed >= 20) expect(told).to.equal(alone);
    });
    fc.assert(property);

    const experience = market(1);
    for (const name of ["new", "good", "bad"]) experience.declare(name, 1);
    const overall = (reputation: number, good: number, bad: number) => ({
      overall: { reputation, good, bad },
      byProgram: new Map(),
    });
    experience.tell("good", overall(990_000, 200, 0));
    experience.tell("bad", overall(200_000, 10, 40));
    const rate = (name: string) => experience.failureRate(program, name);
    expect(rate("good")).to.be.within(rate("old 0") - 0.001, rate("new"));
    expect(rate("bad")).to.be.above(0.5);
    expect(["good", "bad"].map((name) => experience.reputation(program, name))).to.deep.equal([990_000, 200_000]); // prettier-ignore
    for (let run = 0; run < 20; run++) experience.succeeded(program, "bad", 1_000);
    expect(rate("bad")).to.be.below(rate("new"));
    expect(experience.reputation(program, "bad")).to.equal(undefined);
    experience.restore(program, "good", { runs: 1, meanMs: 1_000, failed: 0 });
    expect(experience.reputation(program, "good")).to.equal(undefined);
  });

  it("is expected by what is known of it at the program, where that is known, and else by all of it", () => {
    const [, other] = programs as [Digest, Digest];
    const at = NOW;
    const evidence = (bad: Digest | null): ProgramEvidence[] => [
      { kind: "completed", at, tasks: 50, program },
      { kind: "completed", at, tasks: 50, program: other },
      ...[program, other].flatMap((of): ProgramEvidence[] =>
        bad === null || bad === of
          ? [{ kind: "silent", at, tasks: bad ? 20 : 10, program: of }]
          : [],
      ),
    ];
    const experience = market(1);
    const tell = (name: string, all: ProgramEvidence[]) => {
      experience.declare(name, 1);
      experience.tell(name, standings(all, NOW));
    };
    tell("even", evidence(null));
    tell("mixed", evidence(other));
    tell("unknown", evidence(null).map((one) => ({ ...one, program: null }))); // prettier-ignore
    const rate = (name: string, of = program) => experience.failureRate(of, name);
    // Where all programs say the same, nothing depends on which one it is.
    expect(rate("even")).to.be.closeTo(rate("unknown"), 1e-6);
    expect(rate("even")).to.be.closeTo(rate("even", other), 1e-6);
    expect(rate("mixed")).to.be.below(rate("even")).and.below(rate("mixed", other));
    expect(rate("mixed", other)).to.be.above(rate("even", other));
    const third = sha256("third");
    expect(rate("mixed", third)).to.be.closeTo(rate("unknown", third), 1e-6);
    expect(experience.reputation(third, "mixed")).to.equal(reputation(evidence(other), NOW));
  });

  it("is expected to be as much slower than it declares as others are", () => {
    for (const late of [false, true]) {
      const experience = market(late ? 1 : 2);
      if (late) for (let i = 0; i < 10; i++) experience.declare(`old ${i}`, 2);
      experience.declare("new", 2);
      expect(experience.expectedMs(program, "new", 1)).to.be.within(late ? 700 : 950, 1_001);
    }
  });
});

describe("an operator that only fails", () => {
  const [program] = programs as [(typeof programs)[0]];
  const market = (failing: number) => {
    const experience = new Experience();
    for (const name of ["a", "b", "c", "d"]) {
      experience.declare(name, 1);
      round(experience, 25);
    }
    experience.declare("bad", 1);
    for (let i = 0; i < failing; i++) experience.failed(program, "bad");
    return experience;
  };
  const round = (experience: Experience, times: number) => {
    for (let i = 0; i < times; i++)
      for (const name of ["a", "b", "c", "d"]) experience.succeeded(program, name, 1_000);
  };

  it("is taken to be broken after a few attempts, and one that fails now and then is not", () => {
    expect(market(1).failureRate(program, "bad")).to.be.within(0.2, 0.8);
    expect(market(3).failureRate(program, "bad")).to.be.above(0.9);
    const experience = market(3);
    for (let i = 0; i < 12; i++) {
      if (i % 4 === 0) experience.failed(program, "a");
      else experience.succeeded(program, "a", 1_000);
    }
    expect(experience.failureRate(program, "a")).to.be.below(0.2);
  });

  it("gets another chance while others work, the later the more often it failed", () => {
    const roundsUntilTried = (failing: number) => {
      const experience = market(failing);
      let rounds = 0;
      while (experience.failureRate(program, "bad") > 0.8 && rounds < 1_000) {
        round(experience, 1);
        rounds++;
      }
      return rounds;
    };
    const waits = [3, 6, 12].map(roundsUntilTried);
    expect(waits[0]).to.be.within(5, 100);
    expect(waits[1]).to.be.above(2 * waits[0]!);
    expect(waits[2]).to.be.above(2 * waits[1]!);
  });

  it("is trusted again once it works", () => {
    const experience = market(3);
    for (let i = 0; i < 10; i++) experience.succeeded(program, "bad", 1_000);
    expect(experience.failureRate(program, "bad")).to.be.below(0.3);
  });
});
