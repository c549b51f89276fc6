import { expect } from "chai";
import fc from "fast-check";
import {
  DAY_SECONDS,
  decayed,
  HALF_LIFE_SECONDS,
  reputation,
  type Evidence,
} from "../../../protocol/reputation";

/** A midnight. */
const NOW = 20_000 * DAY_SECONDS;
const evidence = fc.record<Evidence>({
  kind: fc.constantFrom("completed", "late", "invalid"),
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

  it("rises with what is completed and falls with what is late or invalid, the latter ten times as much", () => {
    const after = (...all: Evidence[]) => reputation(all, NOW);
    const one = (kind: Evidence["kind"], tasks = 1): Evidence => ({ kind, tasks, at: NOW });
    expect(after()).to.equal(500_000);
    expect(after(one("completed"))).to.equal(600_000);
    expect(after(one("late"))).to.equal(333_333);
    expect(after(one("invalid"))).to.equal(after(one("late", 10)));
  });

  it("forgets: half after a half-life, on a straight line between, everything in the end", () => {
    expect(decayed(0)).to.equal(2n * decayed(HALF_LIFE_SECONDS));
    expect(decayed(HALF_LIFE_SECONDS / 2)).to.equal((decayed(0) * 3n) / 4n);
    expect(decayed(100 * HALF_LIFE_SECONDS)).to.equal(0n);
    for (let at = 0; at < 3 * HALF_LIFE_SECONDS; at += 10_000)
      expect(decayed(at + 10_000) < decayed(at)).to.equal(true);
  });

  it("never rises above the whole or falls to nothing", () => {
    fc.assert(
      fc.property(fc.array(evidence, { maxLength: 20 }), (all) => {
        expect(reputation(all, NOW)).to.be.within(0, 999_999);
      }),
    );
  });
});
