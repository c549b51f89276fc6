import { expect } from "chai";
import fc from "fast-check";
import { sha256 } from "../../../protocol/digest";
import {
  DAY_SECONDS,
  decayed,
  EVIDENCE_KINDS,
  HALF_LIFE_SECONDS,
  reputation,
  reputationOf,
  standings,
  type Evidence,
  type ProgramEvidence,
} from "../../../protocol/reputation";

/** A midnight. */
const NOW = 20_000 * DAY_SECONDS;
const evidence = fc.record<Evidence>({
  kind: fc.constantFrom(...EVIDENCE_KINDS),
  at: fc.integer({ min: NOW - 5 * HALF_LIFE_SECONDS, max: NOW }),
  tasks: fc.integer({ min: 1, max: 128 }),
});

describe("a reputation", () => {
  it("is the same in whatever order, and whether tasks are counted together or one by one", () => {
    fc.assert(
      fc.property(fc.array(evidence, { maxLength: 20 }), (all) => {
        const single = all.flatMap((one) =>
          Array.from({ length: one.tasks }, () => ({ ...one, tasks: 1 })),
        );
        expect(reputation(single.reverse(), NOW)).to.equal(reputation(all, NOW));
      }),
    );
  });

  it("is the same whether evidence is kept by the second or by the day", () => {
    fc.assert(
      fc.property(fc.array(evidence, { maxLength: 20 }), (all) => {
        const byDay = all.map((one) => ({ ...one, at: one.at - (one.at % DAY_SECONDS) }));
        expect(reputation(byDay, NOW)).to.equal(reputation(all, NOW));
      }),
    );
  });

  it("rises with what is completed and falls with what is late, twice as much with what is silent, ten times with what is invalid", () => {
    const after = (...all: Evidence[]) => reputation(all, NOW);
    const one = (kind: Evidence["kind"], tasks = 1): Evidence => ({ kind, tasks, at: NOW });
    expect(after()).to.equal(500_000);
    expect(after(one("completed"))).to.equal(600_000);
    expect(after(one("late"))).to.equal(333_333);
    expect(after(one("silent"))).to.equal(after(one("late", 2)));
    expect(after(one("invalid"))).to.equal(after(one("late", 10)));
  });

  it("forgets: half after a half-life, on a straight line between, everything in the end", () => {
    expect(decayed(0)).to.equal(2n * decayed(HALF_LIFE_SECONDS));
    expect(decayed(HALF_LIFE_SECONDS / 2)).to.equal((decayed(0) * 3n) / 4n);
    expect(decayed(100 * HALF_LIFE_SECONDS)).to.equal(0n);
    for (let at = 0; at < 3 * HALF_LIFE_SECONDS; at += 10_000)
      expect(decayed(at + 10_000) < decayed(at)).to.equal(true);
  });

  it("is of all programs together, and of each, with the unknown ones last", () => {
    const at = NOW;
    const [a, b] = [sha256("a"), sha256("b")].sort();
    const of = reputationOf(
      [
        { kind: "silent", at, tasks: 1, program: null },
        { kind: "completed", at, tasks: 2, program: b! },
        { kind: "late", at, tasks: 1, program: a! },
        { kind: "completed", at, tasks: 1, program: b! },
      ],
      NOW,
    );
    const none = { completed: 0, late: 0, silent: 0, invalid: 0 };
    expect(of).to.deep.equal({
      reputation: 384_615, // 5 of 13
      reputationByProgram: [
        { ...none, program: a, reputation: 333_333, late: 1 },
        { ...none, program: b, reputation: 714_285, completed: 3 },
        { ...none, program: null, reputation: 250_000, silent: 1 },
      ],
    });
  });

  it("never rises above the whole or falls to nothing", () => {
    fc.assert(
      fc.property(fc.array(evidence, { maxLength: 20 }), (all) => {
        expect(reputation(all, NOW)).to.be.within(0, 999_999);
      }),
    );
  });
});

describe("how an operator stands at a program", () => {
  const [a, b] = [sha256("a"), sha256("b")];
  const at = NOW;
  const of = (kind: Evidence["kind"], tasks: number, program: ProgramEvidence["program"] = a) => ({
    ...{ kind, at, tasks, program },
  });

  it("is as over all programs where all evidence is of this one, or says the same of each", () => {
    fc.assert(
      fc.property(fc.array(evidence, { maxLength: 20 }), (all) => {
        const at = (program: typeof a) => all.map((one) => ({ ...one, program }));
        for (const one of [at(a), [...at(a), ...at(b)]]) {
          const { overall, byProgram } = standings(one, NOW);
          expect(overall.reputation).to.equal(reputation(one, NOW));
          if (all.length === 0) expect(byProgram.size).to.equal(0);
          else expect(byProgram.get(a)!.reputation).to.be.closeTo(overall.reputation, 1);
        }
      }),
    );
  });

  it("is between what it is over all programs and what this one's evidence alone says, closer to that the more there is", () => {
    fc.assert(
      fc.property(fc.array(evidence, { minLength: 1 }), fc.array(evidence), (own, others) => {
        const all = [
          ...own.map((one) => ({ ...one, program: a })),
          ...others.map((one) => ({ ...one, program: null })),
        ];
        const shareOf = ({ good, bad }: { good: number; bad: number }) =>
          good + bad > 0 ? bad / (good + bad) : 0;
        const { overall, byProgram } = standings(all, NOW);
        const alone = standings(all.slice(0, own.length), NOW).overall;
        if (alone.good + alone.bad === 0) return;
        const [low, high] = [shareOf(overall), shareOf(alone)].sort((x, y) => x - y);
        expect(shareOf(byProgram.get(a)!)).to.be.within(low! - 1e-6, high! + 1e-6);
      }),
    );
    const bad = (tasks: number) => {
      const all = [of("completed", 100, b), of("late", tasks)];
      return standings(all, NOW).byProgram.get(a)!.reputation;
    };
    expect(bad(1)).to.be.greaterThan(bad(5)).and.greaterThan(bad(50));
  });

  it("is worth what docs/reputation.md says: 100 completed of one program, 5 late of another", () => {
    const { overall, byProgram } = standings([of("completed", 100, b), of("late", 5)], NOW);
    expect(overall).to.deep.equal({ reputation: 894_736, good: 100, bad: 10 });
    // Of 110 tasks, (10 + 5 * 10 / 110) of (10 + 5) are against it: 76.7; and (0 + 5 * 10 / 110) of (100 + 5): 0.48.
    expect(byProgram.get(a)!.bad).to.be.closeTo(76.667, 0.001);
    expect(byProgram.get(b)!.bad).to.be.closeTo(0.476, 0.001);
    expect(byProgram.get(a)!.reputation).to.equal(309_941);
    expect(byProgram.get(b)!.reputation).to.equal(978_279);
  });

  it("says nothing of programs of which there is no evidence, or which are not known", () => {
    const { byProgram } = standings([of("completed", 3), of("late", 1, null)], NOW);
    expect([...byProgram.keys()]).to.deep.equal([a]);
  });
});
