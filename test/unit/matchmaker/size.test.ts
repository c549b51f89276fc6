import { expect } from "chai";
import { Experience } from "../../../offchain/matchmaker/experience";
import { MAX_SIZE_CLASS, sizeClassOf } from "../../../offchain/matchmaker/size";
import { chance } from "../../../offchain/simulate/faults";
import { sha256 } from "../../../protocol/digest";

const PROGRAM = sha256("program");
const FALLBACK_MS = 1_000;
/** Milliseconds of a task of class 0 at speed 1. */
const UNIT_MS = 100;

/** A market that runs tasks of random sizes of one program, on operators of which each third is twice as slow as it says. */
function market(power: number, runs: number, seed: number, sizes: [least: number, most: number]) {
  const experience = new Experience();
  const slowness = (i: number) => (i % 3 === 0 ? 2 : 1);
  const names = Array.from({ length: 6 }, (_, i) => `operator ${i}`);
  for (const name of names) experience.declare(name, 1);
  const trueMs = (operator: number, size: number) =>
    UNIT_MS * slowness(operator) * 2 ** (power * size);
  for (let run = 0; run < runs; run++) {
    const draw = (what: string) => chance(`${seed}/${run}/${what}`);
    const operator = Math.floor(draw("operator") * names.length);
    const size = Math.round(sizes[0] + draw("size") * (sizes[1] - sizes[0]));
    const noise = Math.exp(0.4 * (draw("noise") - 0.5));
    experience.succeeded(PROGRAM, names[operator]!, noise * trueMs(operator, size), size);
  }
  /** Expected over true, of the operator's tasks of a size. */
  const off = (operator: number, size?: number) =>
    experience.expectedMs(PROGRAM, names[operator]!, FALLBACK_MS, size) /
    trueMs(operator, size ?? 0);
  return { experience, names, off };
}

const SEEDS = Array.from({ length: 20 }, (_, i) => i);
const mean = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

describe("input size classes", () => {
  it("are powers of two up to a TiB", () => {
    const classes = [0, 1, 2, 3, 4, 5, 1_024, 1_025, 2 ** 40, 2 ** 50].map(sizeClassOf);
    expect(classes).to.deep.equal([0, 0, 1, 2, 2, 3, 10, 11, MAX_SIZE_CLASS, MAX_SIZE_CLASS]);
  });
});

describe("durations that grow with inputs", () => {
  for (const power of [0.5, 1, 1.5])
    it(`are told of a size that nobody has run, where they grow with power ${power}`, () => {
      for (const seed of SEEDS) {
        const { off, experience } = market(power, 40, seed, [10, 16]);
        expect(experience.grows(PROGRAM)).to.equal(true);
        for (const operator of [0, 1, 2]) {
          for (const size of [10, 13, 16]) expect(off(operator, size)).to.be.within(0.6, 1.6);
          expect(off(operator, 18)).to.be.within(0.5, 2);
        }
      }
    });

  it("are as well known where sizes make no difference as if nobody had looked at them", () => {
    const error = (sized: boolean) =>
      mean(
        SEEDS.flatMap((seed) => {
          const { off } = market(0, 30, seed, [10, 16]);
          return [0, 1, 2].flatMap((operator) =>
            [10, 13, 16].map((size) => Math.abs(Math.log(off(operator, sized ? size : undefined)))),
          );
        }),
      );
    expect(error(true)).to.be.below(1.25 * error(false));
    expect(error(true)).to.be.below(0.12);
    for (const seed of SEEDS)
      expect(market(0, 30, seed, [10, 16]).experience.grows(PROGRAM)).to.equal(false);
  });

  it("are not told by few sizes that are close together", () => {
    const slopes = SEEDS.map((seed) => market(0, 4, seed, [10, 11]).experience);
    for (const experience of slopes)
      expect(experience.growthOf(PROGRAM)!.slope).to.be.within(-0.25, 0.25);
  });

  it("do not hide that an operator is slow, whatever sizes it was given", () => {
    const { experience, names } = market(1, 60, 1, [10, 16]);
    experience.declare("slow", 1);
    experience.succeeded(PROGRAM, "slow", 10 * UNIT_MS * 2 ** 10, 10);
    const slow = experience.expectedMs(PROGRAM, "slow", FALLBACK_MS, 16);
    expect(slow / experience.expectedMs(PROGRAM, names[1]!, FALLBACK_MS, 16)).to.be.above(5);
  });

  it("are of a usual size where a task's is not known", () => {
    const { experience } = market(1, 60, 1, [10, 16]);
    const usual = experience.typicalMs(PROGRAM)!;
    expect(usual).to.be.above(experience.typicalMs(PROGRAM, 11)!);
    expect(usual).to.be.below(experience.typicalMs(PROGRAM, 15)!);
  });

  it("come back from what is written down of them", () => {
    const { experience, names } = market(1, 60, 1, [10, 16]);
    const again = new Experience();
    for (const name of names) again.declare(name, 1);
    again.restoreGrowth(PROGRAM, experience.growthOf(PROGRAM)!);
    for (const name of names) again.restore(PROGRAM, name, experience.outlasted(PROGRAM, name, 0));
    for (const name of names)
      for (const size of [undefined, 8, 12, 20]) {
        const [now, then] = [again, experience].map((one) =>
          one.expectedMs(PROGRAM, name, FALLBACK_MS, size),
        );
        expect(now! / then!).to.be.within(0.95, 1.05);
      }
    expect(again.grows(PROGRAM)).to.equal(true);
  });
});
