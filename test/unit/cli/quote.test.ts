import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "../../../protocol/digest";
import { membershipWorkflow } from "../../../pipelines/membership/workflow";
import { assumptions, expectations } from "../../../cli/render/estimate";
import type { Estimate } from "../../../sdk";
import { run } from "./run";

const { spec, digest } = membershipWorkflow({
  programs: { digest: sha256 },
  verifier: "0x00000000000000000000000000000000000000Aa",
  requests: [Buffer.from("r"), Buffer.from("q")],
  statements: [Buffer.from("s"), Buffer.from("t")],
  reward: "5 gwei",
});

const root = join(__dirname, "../../..");

describe("froben quote", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "froben-test-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(name: string, content: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  }
  const specFile = () => write("spec.json", JSON.stringify(spec));
  const asData = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, out, err } = await run(["quote", ...args, "--json"], { cwd: folder });
    expect(err).to.equal("");
    expect(code).to.equal(0);
    return JSON.parse(out) as Record<string, unknown>;
  };

  it("says what a spec costs at most, without any market", async () => {
    const { code, out } = await run(["quote", await specFile(), "--fee-bps", "1000"]);
    expect(code).to.equal(0);
    expect(out).to.match(/^work +0\.00000001 ETH$/m);
    expect(out).to.match(/^fee +0\.000000001 ETH \(1000 basis points\)$/m);
    expect(out).to.match(/^escrow +0\.000000011 ETH; what is not spent comes back$/m);
    expect(out).to.match(/^prove +2 +0\.000000005 ETH +0\.00000001 ETH +0\.00000001 ETH +3600 s$/m);
    expect(out).to.include("bonds are not judged: --gas-price");
  });

  it("says where a model of the runs is wrong, also without a market", async () => {
    const model = await write("model.json", '{"durations":{"prove":"long"}}');
    const { code, err } = await run(["quote", await specFile(), "--model", model, "--json"]);
    expect(code).to.equal(1);
    expect((JSON.parse(err) as { error: object }).error).to.include({
      code: "simulation_file_invalid",
      field: "durations.prove",
    });
  });

  it("writes what a market expects, and what that was made from", () => {
    const steps = [{ step: "prove", tasks: 2, seconds: 5, basis: "measured" as const }];
    const operators = { online: 3, able: 2 };
    const expected: Estimate = {
      ...{ spec: digest, tasks: 2, escrow: "10", steps, operators },
      seconds: { expected: 150, least: 100, most: 8000 },
      cost: { expected: "7", least: "6", most: "8" },
      runs: { made: 5, done: 4 },
      reason: { code: "workflow_failed", message: "a task failed" },
      assumed: [{ code: "market_idle", of: "operators", message: "nothing else" }],
    };
    expect(expectations(expected, (units) => `${units} U`)).to.deep.equal([
      [
        "expected time",
        "2.5 min; 100 s to 2.2 h in 5 simulated runs; 1 did not end: a task failed",
      ],
      ["expected price", "7 U; 6 U to 8 U, without the fee"],
      ["operators", "3 online, 2 of them can take a task"],
    ]);
    expect(assumptions(expected)).to.deep.equal(["assumed: nothing else"]);
    expect([...expectations(null, String), ...assumptions(null)]).to.deep.equal([]);
  });

  it("gives the same as data, and warns of bonds at a gas price", async () => {
    const made = await asData(await specFile(), "--gas-price", "0.5");
    expect(made).to.deep.include({ spec: digest, tasks: 2, work: "10", fee: "0", escrow: "10" });
    expect(made).to.include({ unit: "1000000000", currency: "ETH", gasPrice: "500000000" });
    expect((made.warnings as { code: string }[]).map(({ code }) => code)).to.deep.equal([
      "bond_too_low",
    ]);
  });

  it("writes the data to a file beside the text, when it is given one", async () => {
    const path = await specFile();
    const { code, out } = await run(["quote", path, "--json", "quote.json"], { cwd: folder });
    expect(code).to.equal(0);
    expect(out).to.include("tasks at most");
    const written = JSON.parse(await readFile(join(folder, "quote.json"), "utf8")) as object;
    expect(written).to.deep.equal(await asData(path));
    const { code: refused, err } = await run(["quote", path, "quote.json"], { cwd: folder });
    expect(refused).to.equal(2);
    expect(err).to.include("--json");
  });

  const exported = `{ spec: ${JSON.stringify(spec)} }`;
  for (const [what, name, source] of [
    ["a workflow by default", "a.mjs", `export default ${exported};`],
    ["a workflow by name", "b.ts", `export const workflow: object = ${exported};`],
    ["a function that gives one", "c.ts", `export default () => (${exported});`],
    [
      "a function that takes its time",
      "d.mts",
      `export const workflow = async () => (${exported});`,
    ],
    ["a CommonJS workflow", "e.cjs", `module.exports = ${exported};`],
    ["a CommonJS function", "f.cjs", `module.exports.workflow = () => (${exported});`],
  ] as const)
    it(`takes a module that exports ${what}`, async () => {
      await write(name, source);
      expect(await asData(name)).to.include({ spec: digest, escrow: "10" });
    });

  describe("as a process", () => {
    const sdk = JSON.stringify(join(__dirname, "../../../sdk"));
    async function quote(source: string) {
      const args = ["bin/froben.mjs", "quote", await write("own.ts", source), "--json"];
      return spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    }

    it("takes a module in TypeScript that defines its workflow with the SDK", async () => {
      const { stdout, stderr } = await quote(
        `import { quote } from ${sdk};\nconst spec: object = ${JSON.stringify(spec)};\n` +
          "if (quote(spec).escrow !== '10') throw new Error();\nexport const workflow = { spec };",
      );
      expect(stderr).to.equal("");
      expect(JSON.parse(stdout)).to.include({ spec: digest });
    });

    it("shows the module's own errors of the SDK as they are", async () => {
      const { stderr, status } = await quote(
        `import { FrobenError } from ${sdk};\nthrow new FrobenError("its_own", "no", { field: "f" });`,
      );
      expect(status).to.equal(1);
      expect(JSON.parse(stderr).error).to.include({ code: "its_own", field: "f" });
    });
  });

  for (const [what, source, code] of [
    ["exports something else", "export default 7;", "module_without_workflow"],
    ["exports nothing", "export {};", "module_without_workflow"],
    ["throws", "throw new Error('no');", "module_failed"],
    ["exports a spec that is none", "export default { spec: {} };", "spec_invalid"],
  ] as const)
    it(`refuses a module that ${what}`, async () => {
      await write("module.mjs", source);
      const { code: status, err } = await run(["quote", "module.mjs", "--json"], { cwd: folder });
      expect(status).to.equal(1);
      expect((JSON.parse(err) as { error: object }).error).to.include({ code });
    });
});
