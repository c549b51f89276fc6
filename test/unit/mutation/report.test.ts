import { expect } from "chai";
import type { Outcome } from "../../mutation/messages";
import { renderReport, summarize } from "../../mutation/report";
import { staleEntries } from "../../mutation/survivors";
import { mutantsIn } from "./parse";

const all = mutantsIn(
  "contract A { function f(uint256 a) external pure returns (bool) {\nreturn a + 2 < 9; } }",
);
const verdict = (outcome: Outcome) => ({ outcome, compileMs: 10, testMs: 20 });
const [first, second, third, fourth] = all as [
  (typeof all)[0],
  (typeof all)[0],
  (typeof all)[0],
  (typeof all)[0],
];
const entry = (mutant: (typeof all)[0]) => ({
  file: mutant.file,
  function: mutant.function,
  original: mutant.original,
  mutated: mutant.mutated,
  reason: "cheaper only",
});

describe("the mutation report", () => {
  const tried = [
    { mutant: first, verdict: verdict("killed") },
    { mutant: second, verdict: verdict("survived") },
    { mutant: third, verdict: verdict("survived") },
    { mutant: fourth, verdict: verdict("equivalent") },
  ];

  it("counts kills among the mutants that run, differ and are not accepted", () => {
    const report = summarize(tried, [entry(third)], []);
    expect(report.killRate).to.equal(50);
    expect(report.total).to.include({ killed: 1, survived: 1, accepted: 1, equivalent: 1 });
    expect(report.survivors.map(({ id }) => id)).to.deep.equal([second.id]);
  });

  it("has no kill rate when nothing was judged", () => {
    expect(summarize([], [], []).killRate).to.equal(null);
  });

  it("shows where a new survivor is, before and after", () => {
    const text = renderReport(summarize(tried, [entry(third)], []));
    expect(text).to.include(`A.sol:${second.line} in f`);
    expect(text).to.include(`  - ${second.original}\n  + ${second.mutated}`);
    expect(text).not.to.include(third.id);
  });

  it("finds accepted survivors that no longer exist", () => {
    const gone = { ...entry(first), original: "return a + 3 < 9;" };
    expect(staleEntries([entry(first), gone], all)).to.deep.equal([gone]);
  });
});
