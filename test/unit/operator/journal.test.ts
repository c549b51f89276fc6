import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock as clock } from "../../../operator/clock";
import { createHoldings } from "../../../operator/holdings/holdings";
import { openJournal } from "../../../operator/journal/journal";
import { sha256 } from "../../../protocol/digest";
import { TYPESCRIPT_RUNNER } from "../../../protocol/typescript-loader";
import { assignmentFixture, CHAIN_ID, MARKET } from "./assignment-fixture";

describe("the operator's journal", function () {
  this.timeout(20_000);
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "froben-journal-"));
    path = join(folder, "journal.sqlite");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("resumes every holding where the last life ended; an interrupted run starts again", async () => {
    const signed = await assignmentFixture();
    const first = openJournal(path, clock);
    const before = createHoldings(first, clock);
    const holding = before.add(signed);
    const [one, two, three] = holding.tasks;
    before.setClaim(holding, "claimed");
    before.move(one!, "running");
    const usage = { wallMs: 1, cpuMs: 2, maxRssMb: 3 };
    before.move(two!, "computed", { result: sha256("result"), usage });
    before.move(three!, "failed", { reason: "run_failed: no luck" });
    first.close();

    const second = openJournal(path, clock);
    const after = createHoldings(second, clock).find(7, signed.root)!;
    expect(after.claim).to.equal("claimed");
    expect(after.signed).to.deep.equal(JSON.parse(JSON.stringify(signed)));
    expect(after.tasks.map((task) => task.phase)).to.deep.equal(["queued", "computed", "failed"]);
    expect(after.tasks[1]).to.deep.include({ result: sha256("result"), usage });
    second.close();
  });

  it("is not asked about holdings of which the coordinator has said its last word", async () => {
    const journal = openJournal(path, clock);
    const holdings = createHoldings(journal, clock);
    const holding = holdings.add(await assignmentFixture());
    expect(holdings.undecided()).to.deep.equal([holding]);
    const [one, two, three] = holding.tasks;
    holdings.move(one!, "failed", { reason: "no luck" });
    holdings.update(two!, { verdict: "valid" });
    expect(holdings.undecided()).to.deep.equal([holding]);
    holdings.move(three!, "cancelled");
    expect(holdings.undecided()).to.deep.equal([]);
    holdings.move(two!, "computed", { verdict: null }); // it has to be reported again
    expect(holdings.undecided()).to.deep.equal([holding]);
    expect(holdings.task(two!.workflow, two!.task, two!.attempt)).to.equal(two);
    holdings.close(holding);
    expect(holdings.undecided()).to.deep.equal([]);
    expect(holdings.task(two!.workflow, two!.task, two!.attempt)).to.equal(undefined);
    journal.close();
  });

  it("writes changes that belong together all, or none", async () => {
    const journal = openJournal(path, clock);
    const holdings = createHoldings(journal, clock);
    const { signed, tasks } = holdings.add(await assignmentFixture());
    const fail = () =>
      holdings.together(() => {
        holdings.move(tasks[0]!, "reported");
        throw new Error("the disk is full");
      });
    expect(fail).to.throw("the disk is full");
    const rows = () => journal.tasksOf(signed.workflow, tasks[0]!.root).map(({ phase }) => phase);
    expect(rows()).to.deep.equal(["queued", "queued", "queued"]);
    holdings.together(() => tasks.forEach((task) => holdings.move(task, "valid")));
    expect(rows()).to.deep.equal(["valid", "valid", "valid"]);
    journal.close();
  });

  it("keeps what was written when the process is killed with SIGKILL", async () => {
    const signed = await assignmentFixture();
    const script = join(__dirname, "fixtures", "journal-writer.ts");
    const child = spawn(process.execPath, [
      TYPESCRIPT_RUNNER,
      script,
      path,
      JSON.stringify(signed),
    ]);
    await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    const journal = openJournal(path, clock);
    const [row] = journal.openAssignments();
    expect(row!.signed.root).to.equal(signed.root);
    expect(journal.tasksOf(7, signed.root as never).map((task) => task.phase)).to.deep.equal([
      "computed",
      "queued",
      "queued",
    ]);
    journal.close();
  });

  it("does not open for a second process, which would sign twice", () => {
    const journal = openJournal(path, clock);
    expect(() => openJournal(path, clock))
      .to.throw()
      .with.property("code", "journal_in_use");
    journal.close();
  });

  it("forgets closed holdings, and lets nothing dead come back to life", async () => {
    const journal = openJournal(path, clock);
    const holdings = createHoldings(journal, clock);
    const holding = holdings.add(await assignmentFixture());
    const [task] = holding.tasks;
    expect(holdings.move(task!, "cancelled")).to.equal(true);
    expect(holdings.move(task!, "computed")).to.equal(false);
    expect(task!.phase).to.equal("cancelled");
    holdings.close(holding);
    expect(holdings.all()).to.deep.equal([]);
    expect(journal.openAssignments()).to.deep.equal([]);
    journal.close();
  });

  it("fixes one result for an attempt: the same again, never another, whatever else is fixed with it", () => {
    const journal = openJournal(path, clock);
    const chain = { chainId: CHAIN_ID, market: MARKET };
    const named = (task: number, text: string) => ({
      workflow: 7,
      task,
      attempt: 1,
      result: sha256(text),
    });
    const fix = (...results: ReturnType<typeof named>[]) => journal.fixResults(chain, results);
    expect(fix(named(101, "result"))).to.deep.equal([true]);
    expect(fix(named(101, "result"), named(102, "result"))).to.deep.equal([true, true]);
    expect(fix(named(101, "other"), named(103, "result"))).to.deep.equal([false, true]);
    expect(fix(named(101, "result"))).to.deep.equal([true]);
    expect(fix({ ...named(101, "other"), attempt: 2 })).to.deep.equal([true]);
    journal.close();
  });

  it("fixes results for each market on its own", () => {
    const journal = openJournal(path, clock);
    const fix = (chainId: number, text: string) =>
      journal.fixResults({ chainId, market: MARKET }, [
        { workflow: 7, task: 1, attempt: 1, result: sha256(text) },
      ]);
    expect([fix(1, "a"), fix(2, "b"), fix(1, "b")]).to.deep.equal([[true], [true], [false]]);
    journal.close();
  });

  it("learns how long a program takes here, and forgets old measurements", () => {
    const journal = openJournal(path, clock);
    expect(journal.meanDuration("p")).to.equal(undefined);
    journal.addDuration("p", 1000);
    expect(journal.meanDuration("p")).to.equal(1000);
    for (let i = 0; i < 50; i++) journal.addDuration("p", 5000);
    expect(journal.meanDuration("p")).to.be.closeTo(5000, 1);
    journal.close();
  });
});
