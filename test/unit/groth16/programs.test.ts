import { expect } from "chai";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { type Fixture, makeFixture, proveFirst, SETUP_TIMEOUT_MS } from "./fixture";
import { type Ports, runProgram, startProgram } from "./run-program";
import { negatePointA } from "./tamper";

describe("groth16 programs", function () {
  this.timeout(60_000);
  let fixture: Fixture;
  let proof: Uint8Array;

  before(async function () {
    this.timeout(SETUP_TIMEOUT_MS);
    fixture = await makeFixture();
    proof = await proveFirst(fixture);
  });

  after(() => fixture?.remove());

  const prove = (input: Ports) =>
    runProgram("prove", fixture.folder, { in: input, out: { proof: fixture.path("refused") } });

  /** Writes request 0 with some fields replaced. */
  async function changedRequest(change: Record<string, unknown>): Promise<string> {
    const request = JSON.parse(await readFile(fixture.request(0), "utf8")) as object;
    await writeFile(fixture.path("changed"), JSON.stringify({ ...request, ...change }));
    return fixture.path("changed");
  }

  async function verdictOn(bytes: Uint8Array, input: Ports = {}): Promise<unknown> {
    await writeFile(fixture.path("candidate"), bytes);
    const run = await runProgram("verify", fixture.folder, {
      in: { statement: fixture.statement(0), proof: fixture.path("candidate"), ...input },
      out: { verdict: fixture.path("verdict") },
    });
    expect(run.code, run.stderr).to.equal(0);
    return JSON.parse(await readFile(fixture.path("verdict"), "utf8"));
  }

  it("prove writes a proof of 256 bytes that verify calls valid", async () => {
    expect(proof).to.have.length(256);
    expect(await verdictOn(proof, { request: fixture.request(0) })).to.deep.equal({ valid: true });
  });

  it("prove reports its progress as JSON lines that end at 1", async () => {
    const run = await runProgram("prove", fixture.folder, {
      in: { request: fixture.request(1), statement: fixture.statement(1) },
      out: { proof: fixture.path("second") },
    });
    const lines = run.stdout.trim().split("\n");
    const fractions = lines.map((line) => (JSON.parse(line) as { progress: number }).progress);
    expect(fractions).to.deep.equal([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).to.equal(1);
  });

  it("prove refuses a statement about another message", async () => {
    const run = await prove({ request: fixture.request(0), statement: fixture.statement(1) });
    expect(run.code).to.equal(3);
    expect(run.stderr).to.contain("message");
    expect(existsSync(fixture.path("refused"))).to.equal(false);
  });

  it("prove refuses a request by someone who is not in the statement's group", async () => {
    const request = await changedRequest({ secret: "12345" });
    const run = await prove({ request, statement: fixture.statement(0) });
    expect(run.code).to.equal(3);
    expect(run.stderr).to.contain("root: the statement has");
    expect(existsSync(fixture.path("refused"))).to.equal(false);
  });

  it("prove refuses a secret that the circuit's range check refuses", async () => {
    const aboveSubgroupOrder =
      "2736030358979909402780800718157159386076813972158567259200215660948447373041";
    const request = await changedRequest({ secret: aboveSubgroupOrder });
    const run = await prove({ request, statement: fixture.statement(0) });
    expect(run.code).to.equal(3);
    expect(run.stderr).to.contain("no witness");
  });

  it("prove refuses a request that is not JSON", async () => {
    await writeFile(fixture.path("changed"), "{");
    const run = await prove({
      request: fixture.path("changed"),
      statement: fixture.statement(0),
    });
    expect(run.code).to.equal(3);
  });

  it("witness writes a witness file", async () => {
    const run = await runProgram("witness", fixture.folder, {
      in: { request: fixture.request(0) },
      out: { witness: fixture.path("witness") },
    });
    expect(run.code, run.stderr).to.equal(0);
    const bytes = await readFile(fixture.path("witness"));
    expect(bytes.subarray(0, 4).toString()).to.equal("wtns");
  });

  it("a missing input and an unknown parameter are wrong usage", async () => {
    expect((await prove({ request: fixture.request(0) })).code).to.equal(2);
    const run = await runProgram("group", fixture.folder, {
      out: { requests: fixture.path("r"), statements: fixture.path("s") },
      param: { colour: "red" },
    });
    expect(run.code).to.equal(2);
  });

  it("every program prints help with an example", async () => {
    for (const name of ["witness", "prove", "verify", "group"]) {
      const run = await runProgram(name, fixture.folder, { args: ["--help"] });
      expect(run.code).to.equal(0);
      expect(run.stdout).to.contain("Example:");
    }
  });

  it("verify calls a proof with a negated point invalid", async () => {
    expect(await verdictOn(negatePointA(proof))).to.include({ valid: false });
  });

  it("verify calls a proof for another statement invalid", async () => {
    const verdict = await verdictOn(proof, { statement: fixture.statement(1) });
    expect(verdict).to.include({ valid: false });
  });

  it("verify calls a proof of the wrong length invalid", async () => {
    const verdict = await verdictOn(proof.subarray(1));
    expect(verdict).to.deep.equal({ valid: false, reason: "the proof has 255 bytes, not 256" });
  });

  it("verify calls a proof invalid when request and statement differ", async () => {
    const verdict = await verdictOn(proof, { request: fixture.request(1) });
    expect(verdict).to.include({ valid: false });
  });

  it("prove that is asked to stop leaves no file and no child behind", async () => {
    const folder = fixture.path("stopped");
    await mkdir(folder);
    const child = startProgram("prove", folder, {
      in: { request: fixture.request(0), statement: fixture.statement(0) },
      out: { proof: fixture.path("refused") },
    });
    const closed = once(child, "close");
    let stdout = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('"proving"')) child.kill("SIGTERM");
    });
    // "close" comes only after every process that holds the pipes has ended.
    const [code] = (await closed) as [number];
    expect(code).to.equal(1);
    const left = (await readdir(folder)).filter((name) => name !== ".cache");
    expect(left, "apart from compiled TypeScript").to.deep.equal([]);
    expect(existsSync(fixture.path("refused"))).to.equal(false);
  });
});
