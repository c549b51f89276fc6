import { expect } from "chai";
import fc from "fast-check";
import { sha256 } from "../../../protocol/digest";
import { Experience } from "../../../offchain/matchmaker/experience";
import { typicalOf } from "../../../offchain/matchmaker/typical";

const step = (name: string, runSeconds: number, withinSeconds?: number) => ({
  ...{ program: sha256(name), runSeconds },
  ...(withinSeconds !== undefined && { withinSeconds }),
});

describe("what tasks of a program that nobody has run are taken to take", () => {
  it("is a quarter of the run limit where nothing is known, or time counts", () => {
    const experience = new Experience();
    expect(typicalOf(experience, [step("a", 100, 1)])).to.deep.equal([25_000]);
    experience.succeeded(sha256("b"), "x", 1_000);
    const [, unknown] = typicalOf(experience, [step("b", 100), step("a", 100)]);
    expect(unknown).to.equal(25_000);
  });

  it("follows what limits turned out to be, those of the same length most", () => {
    const experience = new Experience();
    experience.succeeded(sha256("short"), "x", 10_000);
    experience.succeeded(sha256("long"), "x", 10_000);
    // A tenth of the one limit, and a hundredth of the other.
    const steps = [step("short", 100, 1), step("long", 1_000, 1)];
    const unknown = [100, 1_000, 500].map((limit) => step(`u${limit}`, limit, 1));
    const [, , ...guesses] = typicalOf(experience, [...steps, ...unknown]);
    const [likeShort, likeLong, likeBoth] = guesses.map(
      (ms, i) => ms / unknown[i]!.runSeconds / 1_000,
    );
    expect(likeShort).to.be.within(0.04, 0.1);
    expect(likeLong).to.be.within(0.01, 0.025);
    expect(likeBoth).to.be.greaterThan(likeLong!).and.lessThan(likeShort!);
  });

  it("is between what any limit turned out to be and a quarter of its own, and in proportion to that", () => {
    const measured = fc.record({ limit: fc.integer({ min: 1, max: 4 }), share: fc.double({ min: 0.001, max: 1, noNaN: true }) }); // prettier-ignore
    fc.assert(
      fc.property(
        fc.array(measured, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 5 }),
        (all, limit) => {
          const experience = new Experience();
          const steps = all.map((one, i) => {
            experience.succeeded(sha256(`p${i}`), "x", one.share * one.limit * 100_000);
            return step(`p${i}`, one.limit * 100, 1);
          });
          const guess = typicalOf(experience, [...steps, step("new", limit * 100, 1)]).at(-1)!;
          const shares = [0.25, ...all.map(({ share }) => share)];
          const own = guess / limit / 100_000;
          expect(own).to.be.at.least(Math.min(...shares) * 0.999);
          expect(own).to.be.at.most(Math.max(...shares) * 1.001);
        },
      ),
    );
  });
});
