import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock as clock } from "../../../operator/clock";
import { createHoldings } from "../../../operator/holdings/holdings";
import { openJournal } from "../../../operator/journal/journal";
import { signReceipt } from "../../../operator/tasks/reporter";
import { sha256, toBytes32 } from "../../../protocol/digest";
import { TYPESCRIPT_LOADER } from "../../../protocol/typescript-loader";
import { assignmentFixture, CHAIN_ID, MARKET, operator } from "./assignment-fixture";

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

  it("keeps what was written when the process is killed with SIGKILL", async () => {
    const signed = await assignmentFixture();
    const script = join(__dirname, "fixtures", "journal-writer.ts");
    const loader = TYPESCRIPT_LOADER;
    const child = spawn(process.execPath, [
      "--import",
      loader,
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

  it("signs one receipt for an attempt: the same again, never another", async () => {
    const journal = openJournal(path, clock);
    const deps = { journal, account: operator, chain: { chainId: CHAIN_ID, market: MARKET } };
    const message = {
      workflow: 7,
      task: 101,
      attempt: 1,
      operator: operator.address,
      root: toBytes32(sha256("root")),
      resultDigest: toBytes32(sha256("result")),
    };
    const signature = await signReceipt(deps, message);
    expect(await signReceipt(deps, message)).to.equal(signature);
    const other = { ...message, resultDigest: toBytes32(sha256("other")) };
    const error: unknown = await signReceipt(deps, other).catch((e: unknown) => e);
    expect(error).to.include({ code: "receipt_conflict" });
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
