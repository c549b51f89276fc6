import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { objections, readAccepted, type Accepted } from "../../cover/accepted";
import type { Point } from "../../cover/points";
import { percent, reportOf } from "../../cover/report";

const at = { file: "contracts/A.sol", scope: "A.f" };
const points: Point[] = [
  { id: 1, kind: "function", line: 1, ...at },
  { id: 2, kind: "line", line: 2, ...at },
  { id: 3, kind: "branch", line: 2, branch: "a is never false", ...at },
  { id: 4, kind: "branch", line: 2, branch: "a is never true", ...at },
  { id: 5, kind: "line", line: 2, ...at },
];
const report = reportOf(points, new Set([1, 2, 3]));
const missed = "contracts/A.sol A.f: a is never true";
const reason = "a can't be true, because nothing else is ever written there";
const accepted = (branches: string[], tests: string[] = []): Accepted => ({
  branches: branches.map((branch) => ({ branch, reason })),
  tests: tests.map((test) => ({ test, reason })),
});

describe("What coverage accepts", () => {
  it("is every uncovered branch that is named with a reason", () => {
    expect(report.missed).to.deep.equal([{ name: missed, file: at.file, line: 2 }]);
    expect(objections(report, accepted([missed]), new Set())).to.deep.equal([]);
  });

  it("is no uncovered branch that is not named", () => {
    expect(objections(report, accepted([]), new Set())).to.deep.equal([
      "branches uncovered and not accepted: 1",
    ]);
  });

  it("is no name of a branch that is covered or gone, so the file can't grow stale", () => {
    const covered = "contracts/A.sol A.f: a is never false";
    expect(objections(report, accepted([missed, covered]), new Set())).to.deep.equal([
      `accepted, but covered or not there: ${covered}`,
    ]);
  });

  it("is no test left out that does not exist", () => {
    expect(
      objections(report, accepted([missed], ["A fits", "A is gone"]), new Set(["A fits"])),
    ).to.deep.equal(["left out, but there is no such test: A is gone"]);
  });

  it("is nothing without a reason", () => {
    const folder = mkdtempSync(join(tmpdir(), "froben-test-"));
    try {
      const path = join(folder, "uncovered.json");
      writeFileSync(path, JSON.stringify({ branches: [{ branch: missed }], tests: [] }));
      expect(() => readAccepted(path)).to.throw("reason");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("A coverage report", () => {
  it("counts a line by the first statement that begins on it", () => {
    expect(report.total).to.deep.equal({
      lines: { total: 1, reached: 1 },
      branches: { total: 2, reached: 1 },
      functions: { total: 1, reached: 1 },
    });
  });

  it("never rounds up to all", () => {
    expect(percent({ total: 100_000, reached: 99_999 })).to.equal(99.99);
    expect(percent({ total: 3, reached: 3 })).to.equal(100);
    expect(percent({ total: 0, reached: 0 })).to.equal(100);
  });
});
