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
  type Evidence,
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
