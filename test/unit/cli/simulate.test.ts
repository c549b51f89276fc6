import { expect } from "chai";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Simulation } from "../../../offchain/simulate/result";
import { run } from "./run";

describe("froben simulate", () => {
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

  it("writes the result and a picture, and tells workflows of one name apart", async () => {
    const graph = await write("g.stg", "2\n0 3 0\n1 2 1 0\n");
    const fleet = await write("fleet.json", '[{"id":"a","cores":2,"memoryMb":2}]');
    const [out, svg] = [join(folder, "run.json"), join(folder, "run.svg")];
    const args = ["simulate", "--workflow", graph, graph, "--operators", fleet];
    const { code, out: text } = await run([...args, "--out", out, "--gantt", svg]);
    expect(code).to.equal(0);
    expect(text).to.contain("1.000");
    const result = JSON.parse(await readFile(out, "utf8")) as Record<string, unknown>;
    expect(result).to.include({ seed: 1, policy: "froben", makespan: 5, lowerBound: 5 });
    expect((result.workflows as { name: string }[]).map(({ name }) => name)).to.deep.equal([
      graph,
      `${graph}#2`,
    ]);
    expect(await readFile(svg, "utf8")).to.match(/^<svg /);
  });

  it("runs a spec beside a model of its runs, each opened when it is said", async () => {
    const spec = join(__dirname, "../../../docs/spec.example.json");
    const model = {
      spec: "spec.json",
      durations: { wrap_up: 3 },
      items: { "plan_batch.parts": 2 },
    };
    await write("spec.json", await readFile(spec, "utf8"));
    const path = await write("model.json", JSON.stringify(model));
    const fleet = await write("fleet.json", '[{"id":"a","cores":4,"memoryMb":8192}]');
    const args = ["simulate", "--workflow", spec, `${path}@600`, "--operators", fleet];
    const { code, out, err } = await run([...args, "--json"]);
    expect(err).to.equal("");
    expect(code).to.equal(0);
    const { workflows, attempts } = JSON.parse(out) as Simulation;
    expect(workflows.map(({ name, arrivesAt }) => [name, arrivesAt])).to.deep.equal([
      ["hand_written", 0],
      ["hand_written#2", 600],
    ]);
    const second = attempts.filter(({ workflow }) => workflow === "hand_written#2");
    expect(Math.min(...second.map(({ start }) => start))).to.be.at.least(600);
    expect((await run(args)).out).to.match(
      /^assumed of hand_written: plan_batch.parts has 16 items, as many as the spec allows$/m,
    );
  });

  it("shares the operators between requesters, by weight", async () => {
    const graph = await write("g.stg", "1\n0 3 0\n");
    const fleet = await write("fleet.json", '[{"id":"a","cores":1,"memoryMb":2}]');
    const order = async (...args: string[]) => {
      const { out } = await run(["simulate", "--operators", fleet, "--json", ...args]);
      return (JSON.parse(out) as Simulation).attempts.map(({ workflow }) => workflow);
    };
    const workflows = ["ann", "ann", "ann", "ben"].map((name) => `${graph}#${name}`);
    const named = [graph, ...[2, 3, 4].map((i) => `${graph}#${i}`)];
    expect(await order("--workflow", ...workflows)).to.deep.equal(
      [0, 3, 1, 2].map((i) => named[i]),
    );
    expect(await order("--workflow", ...workflows, "--weight", "ben=3")).to.deep.equal([3, 0, 1, 2].map((i) => named[i])); // prettier-ignore
    const { code, err } = await run(["simulate", "--operators", fleet, "--workflow", graph, "--weight", "ben=0"]); // prettier-ignore
    expect(code).to.equal(2);
    expect(err).to.contain("REQUESTER=WEIGHT");
  });

  it("has the cheapest do what they can within --within, and nobody else, which the decisions say", async () => {
    const graph = await write("g.stg", `6\n${[0, 1, 2, 3, 4, 5].map((i) => `${i} 10 0\n`).join("")}`); // prettier-ignore
    const machine = { cores: 1, memoryMb: 2 };
    const fleet = await write(
      "fleet.json",
      JSON.stringify([
        { id: "cheap", ...machine, pricePerHour: 10 },
        { id: "dear", ...machine, speed: 2, pricePerHour: 100 },
      ]),
    );
    const args = ["simulate", "--workflow", graph, "--operators", fleet, "--known-durations"];
    const simulated = async (...more: string[]) =>
      JSON.parse((await run([...args, "--json", ...more])).out) as Simulation;
    const who = ({ attempts }: Simulation) => new Set(attempts.map(({ operator }) => operator));
    const thrifty = await simulated("--within", "100");
    expect(who(thrifty)).to.have.all.keys("cheap");
    expect(thrifty).to.include({ makespan: 60 });
    expect(thrifty.decisions[0]!.rejections.dear).to.deep.equal(["dear"]);
    const fast = await simulated();
    expect(who(fast)).to.have.all.keys("cheap", "dear");
    expect(fast.makespan).to.be.below(60);
    expect(fast.cost).to.be.above(thrifty.cost);
    for (const wrong of [["--within", "soon"], ["--within", "-1"], ["--within"]]) {
      const { code, err } = await run([...args, ...wrong]);
      expect(code, wrong.join(" ")).to.equal(2);
      expect(err).to.contain("--within");
    }
  });

  it("makes copies of stragglers with --standby, and none without", async () => {
    const graph = await write("g.stg", `8\n${Array.from({ length: 8 }, (_, i) => `${i} 60 0\n`).join("")}`); // prettier-ignore
    const fleet = await write(
      "fleet.json",
      JSON.stringify([
        { id: "slow", cores: 1, memoryMb: 2, slowdown: 20 },
        { id: "good", count: 3, cores: 1, memoryMb: 2 },
      ]),
    );
    const args = ["simulate", "--workflow", graph, "--operators", fleet, "--json"];
    const simulated = async (...more: string[]) => {
      const { code, out } = await run([...args, ...more]);
      expect(code).to.equal(0);
      const { attempts, makespan } = JSON.parse(out) as Simulation;
      return { makespan: makespan!, copies: attempts.filter(({ copy }) => copy).length };
    };
    const [without, copied] = [await simulated(), await simulated("--standby")];
    expect(without).to.deep.equal({ makespan: 1_200, copies: 0 });
    expect(copied.copies).to.be.at.least(1);
    expect(copied.makespan).to.be.below(600);
    const { code } = await run([...args, "--standby", "yes"]);
    expect(code).to.equal(2);
  });

  it("makes every choice again from the decisions that it wrote, and finds one that was changed", async () => {
    const graph = await write("g.stg", "4\n0 3 0\n1 2 1 0\n2 2 1 0\n3 2 1 0\n");
    const fleet = await write("fleet.json", '[{"id":"a","count":2,"cores":1,"memoryMb":2}]');
    const args = ["simulate", "--workflow", graph, "--operators", fleet];
    const [out, lines] = [join(folder, "run.json"), join(folder, "run.jsonl")];
    expect((await run([...args, "--out", out])).code).to.equal(0);
    expect((await run([...args, "--decisions", lines])).code).to.equal(0);
    const { decisions } = JSON.parse(await readFile(out, "utf8")) as Simulation;
    const text = await readFile(lines, "utf8");
    expect(
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).to.deep.equal(decisions);
    for (const path of [out, lines]) {
      const { code, out: said } = await run(["replay", path, "--json"]);
      expect(code).to.equal(0);
      expect(JSON.parse(said)).to.include({ decisions: decisions.length, mismatched: 0 });
    }
    decisions[1]!.choice = decisions[1]!.choice === "a-1" ? "a-2" : "a-1";
    const forged = await write("forged.json", JSON.stringify(decisions));
    const { code, out: said } = await run(["replay", forged]);
    expect(code).to.equal(1);
    expect(said).to.match(/digest_differs/);
    expect(said).to.match(new RegExp(`^as published +${decisions.length - 1}$`, "m"));
    expect(said).to.include(decisions[1]!.digest.slice(0, 16));
  });

  it("writes the same result to the screen and to a file, and attempts or decisions only where somebody wants them", async () => {
    const graph = await write("g.stg", "2\n0 3 0\n1 2 1 0\n");
    const fleet = await write("fleet.json", '[{"id":"a","cores":1,"memoryMb":2}]');
    const args = ["simulate", "--workflow", graph, "--operators", fleet];
    const [out, lines] = [join(folder, "run.json"), join(folder, "run.jsonl")];
    const both = await run([...args, "--out", out, "--json"]);
    expect(both.out).to.equal(await readFile(out, "utf8"));
    const result = JSON.parse(both.out) as Simulation;
    expect(result.attempts.map(({ task }) => task)).to.deep.equal(["0", "1"]);
    expect(result.decisions).to.have.length(2);
    expect(result.workflows[0]).to.include({ state: "done", tasksFailed: 0, tasksLeftOut: 0 });
    const apart = JSON.parse(
      (await run([...args, "--decisions", lines, "--json"])).out,
    ) as Simulation;
    expect(apart).to.deep.equal({ ...result, decisions: [] });
    const text = (await readFile(lines, "utf8")).trimEnd().split("\n");
    expect(text.map((line) => JSON.parse(line) as object)).to.deep.equal(result.decisions);
    const fifo = JSON.parse((await run([...args, "--policy", "fifo", "--json"])).out) as Simulation;
    expect(fifo.decisions).to.deep.equal([]);
    expect(fifo.attempts).to.have.length(2);
    expect((await run(args)).out).to.match(/^attempts +2, 0 of them failed$/m);
  });

  it("says where a file of decisions is none, and when there is no file", async () => {
    const empty = await write("empty.jsonl", "");
    expect((await run(["replay", empty])).err).to.include("there are none");
    const wrong = await write("wrong.jsonl", '{"digest":"1"}\n');
    expect((await run(["replay", wrong])).err).to.include("wrong.jsonl line 1: digest");
    expect((await run(["replay", join(folder, "gone")])).err).to.include("file_unreadable");
  });

  it("ends with 1 and the path of the mistake when a file is malformed, and with 2 for an unknown policy", async () => {
    const graph = await write("g.stg", "2\n0 3 0\n1 2 1 9\n");
    const fleet = await write("fleet.json", '[{"id":"a","cores":1,"memoryMb":1}]');
    const args = ["simulate", "--workflow", graph, "--operators", fleet];
    const malformed = await run(args);
    expect(malformed.code).to.equal(1);
    expect(malformed.err).to.contain("line 3");
    expect((await run([...args, "--policy", "best"])).code).to.equal(2);
  });
});
