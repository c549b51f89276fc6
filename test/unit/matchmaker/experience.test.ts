import { expect } from "chai";
import fc from "fast-check";
import { PACE_PROGRAMS } from "../../../offchain/matchmaker/durations";
import { Experience } from "../../../offchain/matchmaker/experience";
import { sha256 } from "../../../protocol/digest";
import { DurationOracle } from "../../support/experience-oracle";

const programs = Array.from({ length: PACE_PROGRAMS + 1 }, (_, i) => sha256(`program ${i}`));

describe("learned durations", () => {
  const operators = ["a", "b", "c", "d", "e", "f"];
  const operator = fc.constantFrom(...operators);
  const program = fc.constantFrom(...programs.slice(0, 5));
  const ms = fc.integer({ min: 1, max: 1_000_000 });
  const event = fc.oneof(
    { weight: 8, arbitrary: fc.record({ program, operator, ms }) },
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
          const runs = "runs" in one ? one.runs : 1;
          if (runs === 1) experience.succeeded(one.program, one.operator, one.ms);
          else experience.restore(one.program, one.operator, { runs, meanMs: one.ms, failed: 0 });
          oracle.learn(one.program, one.operator, one.ms, runs);
        }
        for (const of of programs.slice(0, 6))
          for (const by of [...operators, "stranger"]) {
            const expected = oracle.expectedMs(of, by, 5_000);
            const learned = experience.expectedMs(of, by, 5_000);
            expect(learned / expected).to.be.closeTo(1, 1e-9);
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
      experience.succeeded(of, by, took);
      oracle.learn(of, by, took, 1);
    }
    for (const of of programs.slice(0, 8))
      for (const by of operators)
        expect(experience.expectedMs(of, by, 1) / oracle.expectedMs(of, by, 1)).to.be.closeTo(
          1,
          1e-9,
        );
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
