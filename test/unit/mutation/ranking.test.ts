import { expect } from "chai";
import { Ranking } from "../../mutation/ranking";
import { mutantsIn } from "./parse";

const test = (path: string, reads: string[], ms: number) => ({ path, reads, ms });
const [mutant] = mutantsIn("contract A { uint256 s; function openWorkflow() external { s = 1; } }");

describe("the order of test files", () => {
  const tests = [
    test("test/slow.test.ts", ["A"], 900),
    test("test/quick.test.ts", ["A"], 10),
    test("test/open-workflow.test.ts", ["A"], 500),
    test("test/harness.test.ts", ["Harness"], 800),
  ];
  const paths = (ranking: Ranking) =>
    ranking.order(mutant!, ["A", "Harness"]).map(({ path }) => path);

  it("begins where little is to be compiled, then with names alike, then with the quick ones", () => {
    const ranking = new Ranking(tests, { A: 6000, Harness: 3000 });
    expect(paths(ranking)).to.deep.equal([
      "test/harness.test.ts",
      "test/open-workflow.test.ts",
      "test/quick.test.ts",
      "test/slow.test.ts",
    ]);
  });

  it("learns from kills", () => {
    const ranking = new Ranking(tests, { A: 6000, Harness: 3000 });
    ranking.learn(mutant!, "test/slow.test.ts");
    expect(paths(ranking)[1]).to.equal("test/slow.test.ts");
  });
});
