import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { sha256 } from "../../../protocol/digest";
import { specJsonSchema, SPEC_SCHEMA_PATH } from "../../../protocol/spec-json-schema";
import { membershipWorkflow } from "../../../pipelines/membership/workflow";
import { run } from "./run";

const { spec, digest } = membershipWorkflow({
  programs: { digest: sha256 },
  verifier: "0x00000000000000000000000000000000000000Aa",
  requests: [Buffer.from("r")],
  statements: [Buffer.from("s")],
  reward: "5 gwei",
});
const NOWHERE = ["--rpc-url", "http://127.0.0.1:1", "--coordinator-url", "http://127.0.0.1:1"];

describe("froben", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "froben-test-"));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const write = async (content: string): Promise<string> => {
    const path = join(folder, "spec.json");
    await writeFile(path, content);
    return path;
  };

  it("explains every command, with an example, and exits with 0", async () => {
    const top = await run(["--help"]);
    expect(top.code).to.equal(0);
    const names = [
      "status",
      "workflow",
      "why",
      "pause",
      "resume",
      "operators",
      "validate",
      "schema",
      "quote",
      "submit",
      "fetch",
      "withdraw",
      "audit",
      "operator",
      "coordinator",
      "deploy",
      "setup",
    ];
    for (const name of names) expect(top.out).to.match(new RegExp(`^  ${name}\\b`, "m"));
    for (const name of [
      "validate",
      "schema",
      "submit",
      "fetch",
      "audit",
      "workflow",
      "why",
      "pause",
      "operator delegate",
    ]) {
      const { code, out } = await run([...name.split(" "), "--help"]);
      expect(code).to.equal(0);
      expect(out).to.match(/Examples?:\n {2}froben /);
    }
  });

  it("loads the command that is called alone, which explains itself as it does among all others", async () => {
    const top = await run(["--help"]);
    const names = [
      ...top.out
        .split("Commands:")[1]!
        .split("\n\n")[0]!
        .matchAll(/^ {2}(\w+) /gm),
    ].map(([, name]) => name!);
    expect(names).to.include.members(["status", "resume", "simulate", "coordinator", "setup"]);
    for (const name of names.filter((one) => one !== "help" && one !== "deploy")) {
      const alone = await run(["--json", name, "--help"]);
      expect(alone.code).to.equal(0);
      expect(alone.out)
        .to.match(new RegExp(`^Usage: froben ${name}\\b`))
        .and.equal((await run(["help", name])).out);
    }
  });

  for (const [what, args] of [
    ["an unknown command", ["frobnicate"]],
    ["an unknown option", ["status", "--fast"]],
    ["a missing argument", ["workflow", "show"]],
    ["a workflow that is no number", ["workflow", "show", "one"]],
    ["a task that is no number", ["why", "1", "first"]],
    ["a missing required option", ["fetch", "1", "proof"]],
    ["a chain that is no URL", ["audit", "--rpc-url", "nowhere"]],
    ["a signature without a key", ["workflow", "cancel", "1", ...NOWHERE]],
    ["a pause without a key", ["pause", "1", ...NOWHERE]],
    ["a delegate that is no address", ["operator", "delegate", "me"]],
  ] as const)
    it(`exits with 2 for ${what}, as text and as data`, async () => {
      const text = await run([...args]);
      expect(text.code).to.equal(2);
      expect(text.out).to.equal("");
      expect(text.err).to.not.equal("");
      const data = await run([...args, "--json"]);
      expect(data.code).to.equal(2);
      expect(JSON.parse(data.err)).to.have.nested.property("error.code");
    });

  it("exits with 1 when the coordinator does not answer, and says what to look at", async () => {
    const { code, err } = await run(["status", ...NOWHERE]);
    expect(code).to.equal(1);
    expect(err).to.include("coordinator_unreachable").and.to.include("is the coordinator running");
  });

  it("refuses a key that is none without showing it", async () => {
    const { code, err } = await run(["withdraw", ...NOWHERE], { env: { FROBEN_KEY: "0xsecret" } });
    expect(code).to.equal(2);
    expect(err).to.include("key_invalid").and.not.to.include("secret");
  });

  it("prints the JSON schema of a spec, and says where it is checked in", async () => {
    const { code, out } = await run(["schema"]);
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.deep.equal(specJsonSchema());
    expect((await run(["validate", "--help"])).out).to.contain(SPEC_SCHEMA_PATH);
  });

  it("validates a spec and says what it costs at most", async () => {
    const { code, out } = await run(["validate", await write(JSON.stringify(spec)), "--json"]);
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.deep.equal({ valid: true, digest, tasks: 1, minimumEscrow: "5" });
  });

  it("warns of bonds that pay for no challenge when it is told the gas price", async () => {
    const path = await write(JSON.stringify(spec));
    const text = await run(["validate", path, "--gas-price", "0.5"]);
    expect(text.code).to.equal(0);
    expect(text.out).to.include("warning: steps[0].bond: at 0.5 gwei per gas");
    const data = await run(["validate", path, "--gas-price", "0.5", "--json"]);
    expect(JSON.parse(data.out).warnings[0]).to.include({
      code: "bond_too_low",
      field: "steps[0].bond",
      value: "10",
    });
    const free = await run(["validate", path, "--gas-price", "0", "--json"]);
    expect(JSON.parse(free.out).warnings).to.deep.equal([]);
    expect((await run(["validate", path, "--gas-price", "cheap"])).code).to.equal(2);
  });

  it("names field, limit and value of a spec's mistake", async () => {
    const wrong = { ...spec, steps: [{ ...spec.steps[0], maxTasks: 0 }] };
    const path = await write(JSON.stringify(wrong));
    const { code, err } = await run(["validate", path]);
    expect(code).to.equal(1);
    expect(err).to.include("field steps[0].maxTasks, limit 1, found 0");
    const data = await run(["validate", path, "--json"]);
    expect(JSON.parse(data.err).error).to.include({
      field: "steps[0].maxTasks",
      limit: 1,
      value: 0,
    });
  });

  it("tells a file that is missing from one that is no JSON", async () => {
    expect((await run(["validate", join(folder, "no.json")])).err).to.include("file_unreadable");
    expect((await run(["validate", await write("{")])).err).to.include("not_json");
  });

  it("runs from its executable, in any working directory and under the Node that is there", async () => {
    const bin = join(__dirname, "../../../bin/froben.mjs");
    const { stdout } = await promisify(execFile)(process.execPath, [bin, "--help"], {
      cwd: folder,
    });
    expect(stdout).to.include("Usage: froben");
  }).timeout(60_000);

  it("keeps an operator's allow-list: adds, lists and removes programs by digest", async () => {
    const data = ["--data-dir", join(folder, "operator")];
    const programs = (...args: string[]) => run(["operator", "programs", ...args, "--json"]);
    await writeFile(join(folder, "run.ts"), "// nothing");
    const manifest = join(folder, "run.program.json");
    const about = { name: "run", version: "1", entry: "run.ts", files: ["run.ts"] };
    await writeFile(manifest, JSON.stringify(about));
    const added = await programs("add", folder, ...data);
    expect(JSON.parse(added.out)).to.have.nested.property("[0].manifest", manifest);
    expect((await programs("list", ...data)).out).to.equal(added.out);
    expect((await run(["operator", "programs", "list", ...data])).out).to.contain("run");
    expect((await programs("remove", "run", ...data)).out).to.equal(added.out);
    expect(JSON.parse((await programs("list", ...data)).out)).to.deep.equal([]);
    const again = await programs("remove", "run", ...data);
    expect([again.code, JSON.parse(again.err)]).to.have.nested.property(
      "[1].error.code",
      "program_unknown",
    );
    const nobodys = await programs("list");
    expect([nobodys.code, nobodys.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 2 && err.includes("--data-dir"),
    );
  });
});
