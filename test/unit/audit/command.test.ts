import { expect } from "chai";
import { network } from "hardhat";
import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { AuditReport } from "../../../offchain/audit/report";
import { AuditedMarket } from "./support/audited-market";
import { TYPESCRIPT_RUNNER } from "../../../protocol/typescript-loader";

const root = join(__dirname, "../../..");

interface Call {
  id: number;
  method: string;
  params: unknown[];
}

/** The in-process chain behind an HTTP port, for a child process. */
async function serveChain(): Promise<{ url: string; server: Server }> {
  const answer = async ({ id, method, params }: Call) => {
    try {
      return { jsonrpc: "2.0", id, result: await network.provider.request({ method, params }) };
    } catch (error) {
      return { jsonrpc: "2.0", id, error: { code: -32000, message: (error as Error).message } };
    }
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      const calls = JSON.parse(body) as Call | Call[];
      const answers = Array.isArray(calls) ? Promise.all(calls.map(answer)) : answer(calls);
      void answers.then((answer) => response.end(JSON.stringify(answer)));
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function run(args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      [TYPESCRIPT_RUNNER, join(root, "offchain/audit/main.ts"), ...args],
      { cwd: root },
    );
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (part: Buffer) => (stdout += part.toString()));
    child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
    child.once("close", (code) => done({ code, stdout, stderr }));
  });
}

describe("the audit as a command", function () {
  this.timeout(120_000);
  let world: AuditedMarket;
  let chain: { url: string; server: Server };
  let flags: string[];

  before(async () => {
    world = await AuditedMarket.enter();
    await (await world.start()).happy(world.market.operator(0), world.market.operator(1));
    chain = await serveChain();
    const { market, fromBlock } = world.env;
    flags = ["--rpc-url", chain.url, "--market", market, "--from-block", String(fromBlock)];
  });
  after(async () => {
    chain.server.closeAllConnections();
    chain.server.close();
    await world.env.leave();
  });

  it("prints its tables and verdict, and exits with 0 when nothing is wrong", async () => {
    const { code, stdout } = await run(flags);
    expect(stdout).to.match(/Verdict: every wei accounted for/);
    expect(stdout).to.match(/in - out - escrow - stake - owed - burned/);
    expect(code).to.equal(0);
  });

  it("prints plain JSON with --json", async () => {
    const { code, stdout } = await run([...flags, "--json"]);
    const report = JSON.parse(stdout) as AuditReport;
    expect(report.ok).to.equal(true);
    expect(report.operators).to.have.length(3);
    expect(code).to.equal(0);
  });

  it("exits with 1 when the events read do not add up", async () => {
    const late = Number(await world.env.chain.getBlockNumber()) - 3;
    const { code, stdout } = await run([...flags.slice(0, 4), "--from-block", String(late)]);
    expect(stdout).to.match(/error/);
    expect(code).to.equal(1);
  });

  it("exits with 2 on wrong usage and explains itself with --help", async () => {
    expect((await run(["--market", world.env.market])).code).to.equal(2);
    const help = await run(["--help"]);
    expect(help.stdout).to.match(/Exit codes: 0 nothing wrong, 1 errors found/);
    expect(help.code).to.equal(0);
  });

  it("exits with 3 and a code when there is no contract at the address", async () => {
    const { code, stderr } = await run([
      ...flags.slice(0, 2),
      "--market",
      "0x00000000000000000000000000000000000000aa",
    ]);
    expect(stderr).to.match(/audit_no_contract/);
    expect(code).to.equal(3);
  });
});
