import { expect } from "chai";
import { sampleOf } from "../../mutation/mutants";
import { mutantsIn } from "./parse";

const F = "function f(uint256 a) external pure returns (uint256) { return a * 3 + 1; }";
const G = "function g(uint256 a) external pure returns (bool) { return a < 5; }";
const ids = (text: string) => mutantsIn(text).map(({ id }) => id);

describe("mutants", () => {
  it("have different ids, also where the same line stands twice", () => {
    const all = ids(
      "contract A { uint256 s; function f() external { s = 4;\n\n s = 4;\n\n s = 4; } }",
    );
    expect(new Set(all).size).to.equal(all.length);
  });

  it("keep their ids when other code moves them", () => {
    const before = ids(`contract A {\n${G}\n}`);
    expect(ids(`contract A {\n${F}\n\n${G}\n}`)).to.include.members(before);
  });

  it("are sampled by seed, whatever their order", () => {
    const all = mutantsIn(`contract A {\n${F}\n${G}\n}`);
    const some = sampleOf(all, 4, "one");
    expect(some).to.have.length(4);
    expect(sampleOf([...all].reverse(), 4, "one")).to.deep.equal(some);
    expect(sampleOf(all, all.length, "two")).to.have.members(all);
  });

  it("stay in the sample when others come in, unless those take their places", () => {
    const few = mutantsIn(`contract A {\n${G}\n}`);
    const many = mutantsIn(`contract A {\n${F}\n${G}\n}`);
    const order = (list: typeof few) => sampleOf(list, 99, "one").map(({ id }) => id);
    const kept = new Set(few.map(({ id }) => id));
    expect(order(many).filter((id) => kept.has(id))).to.deep.equal(order(few));
  });
});
