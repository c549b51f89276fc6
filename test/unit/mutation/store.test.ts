import { expect } from "chai";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Store } from "../../mutation/store";
import { mutantsIn } from "./parse";

const [mutant, other] = mutantsIn("contract A { uint256 s; function f() external { s = 1; } }");
const verdict = { outcome: "killed" as const, compileMs: 1, testMs: 2 };

describe("verdicts of earlier mutation runs", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "froben-test-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are found again by the next run, also behind a line that was cut off", () => {
    const path = join(folder, "verdicts.jsonl");
    new Store(path, "world").put(mutant!, verdict);
    appendFileSync(path, '{"key":"12');
    const next = new Store(path, "world");
    expect(next.get(mutant!)).to.deep.equal(verdict);
    expect(next.get(other!)).to.equal(undefined);
    next.put(other!, verdict);
    expect(new Store(path, "world").get(other!)).to.deep.equal(verdict);
  });

  it("are not those of other contracts or tests", () => {
    const path = join(folder, "verdicts.jsonl");
    new Store(path, "world").put(mutant!, verdict);
    expect(new Store(path, "another").get(mutant!)).to.equal(undefined);
  });
});
