import { expect } from "chai";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
