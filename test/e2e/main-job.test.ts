import { expect } from "chai";
import { existsSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Cleanup } from "../../devnet/cleanup";
import { root } from "../../devnet/network";
import type { RunReport } from "../../devnet/report";
import { runMainJob } from "../../devnet/run";
import { holdersOf } from "../support/processes";

describe("the main job, with real processes and real proofs", () => {
  const cleanup = new Cleanup();
  let report: RunReport;
  let folder = "";
  let audit: { status: number | null; stdout: string };

  before("a rollup of two leaves and six memberships, one of them by the cheat", async () => {
    const lines: string[] = [];
    const out = new Writable({
      write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()),
    });
    report = await runMainJob(
      {
        pipelines: ["rollup", "membership"],
        leaves: 2,
        proofs: 6,
        operators: 6,
        onStep: () => {},
        onStarted: (devnet) => (folder = devnet.folder),
        out: out as unknown as NodeJS.WriteStream,
        signal: new AbortController().signal,
      },
      cleanup,
    );
    const cli = join(root, "bin", "froben.mjs");
    audit = spawnSync(process.execPath, [cli, "audit", "--json"], { cwd: root, encoding: "utf8" });
  });
  after(() => cleanup.run());

  it("does everything that it promises", () => {
    expect(report.failures).to.deep.equal([]);
    expect(report.ok).to.equal(true);
  });

  it("completes the rollup by a proof that was verified on-chain, and RollupState holds the new root", () => {
    const rollup = report.workflows.find(({ pipeline }) => pipeline === "rollup")!;
    expect(rollup.state).to.equal("completed");
    expect(rollup.completionTx).to.match(/^0x[0-9a-f]{64}$/);
    expect(report.rollup!.newRoot).to.not.equal(report.rollup!.oldRoot);
  });

  it("settles every membership, and each passes Semaphore's own verifier", () => {
    expect(report.membership).to.deep.equal({ verified: 6, of: 6 });
  });

  it("slashes the cheat and nobody else, and has its task done again elsewhere", () => {
    const slashed = report.operators
      .filter(({ slashed }) => slashed !== "0")
      .map(({ name }) => name);
    expect(slashed).to.deep.equal(["mallory"]);
    const membership = report.workflows.find(({ pipeline }) => pipeline === "membership")!;
    expect(membership.attempts).to.be.greaterThan(membership.tasks);
  });

  it("is audited: every wei accounted for, also by the command line", () => {
    expect(report.audit.ok).to.equal(true);
    expect(report.audit.verdict).to.equal("every wei accounted for");
    expect(audit.status, audit.stdout).to.equal(0);
    expect((JSON.parse(audit.stdout) as { ok: boolean }).ok).to.equal(true);
  });

  it("keeps coordinator and operators within their memory", () => {
    expect(report.measures.coordinatorPeakRssMb).to.be.within(1, 300);
    expect(report.measures.operatorPeakRssMb).to.be.within(1, 200);
  });

  it("leaves no process and no file behind", async () => {
    await cleanup.run();
    expect(folder).to.not.equal("");
    expect(existsSync(folder)).to.equal(false);
    expect(holdersOf(folder)).to.deep.equal([]);
  });
});
