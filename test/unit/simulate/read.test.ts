import { expect } from "chai";
import { parseFaults } from "../../../offchain/simulate/faults";
import { parseOperators } from "../../../offchain/simulate/read/operators";
import { parseStg } from "../../../offchain/simulate/read/stg";
import { parseWfFormat } from "../../../offchain/simulate/read/wfformat";

const wf = (change: (tasks: Record<string, unknown>[], file: Record<string, never>) => void) => {
  const tasks = [
    { id: "a", name: "n", parents: [], children: ["b"] },
    { id: "b", parents: ["a"], children: [] },
  ];
  const runs = [
    { id: "a", runtimeInSeconds: 2, memoryInBytes: 3 * 1024 * 1024, coreCount: 4 },
    { id: "b", runtimeInSeconds: 5 },
  ];
  const workflow = { specification: { tasks, files: [] }, execution: { tasks: runs } };
  const file = { name: "w", schemaVersion: "1.5", workflow };
  change(tasks, file as never);
  return JSON.stringify(file);
};

const mistake = (parse: () => unknown) => {
  try {
    parse();
  } catch (error) {
    const { code, field, message } = error as { code: string; field: string; message: string };
    expect(code).to.equal("simulation_file_invalid");
    expect(message).to.contain(field);
    return field;
  }
  throw new Error("was accepted");
};

describe("reading simulation files", () => {
  it("reads WfFormat 1.5, with one core where none is said", () => {
    const { name, tasks } = parseWfFormat(
      wf(() => {}),
      "f",
      false,
    );
    expect(name).to.equal("w");
    expect(
      tasks.map(({ program, seconds, parents, resources }) => [
        program,
        seconds,
        parents,
        resources.cores,
        resources.memoryMb,
      ]),
    ).to.deep.equal([
      ["n", 2, [], 4, 3],
      ["b", 5, [0], 1, 1],
    ]);
  });

  it("says where a WfFormat file is wrong", () => {
    const at = "workflow.specification.tasks";
    const of = (change: Parameters<typeof wf>[0]) =>
      mistake(() => parseWfFormat(wf(change), "f", false));
    expect(mistake(() => parseWfFormat("{", "f", false))).to.equal("(the whole)");
    expect(of((t) => (t[1]!.id = "a"))).to.equal(`${at}[1].id`);
    expect(of((t) => (t[1]!.parents = ["z"]))).to.equal(`${at}[1].parents[0]`);
    expect(of((t) => (t[1]!.children = ["a"]))).to.equal(`${at}[1].children[0]`);
    expect(of((t) => (t[0]!.children = []))).to.equal(at);
    expect(of((t) => (t[1]!.id = "c"))).to.equal(`${at}[1].id`);
    expect(of((t) => delete t[0]!.parents)).to.equal(`${at}[0].parents`);
    expect(of((_, file) => Object.assign(file, { schemaVersion: "1.4" }))).to.equal(
      "schemaVersion",
    );
    const cycle = (t: Record<string, unknown>[]) => {
      t[0]!.parents = ["b"];
      t[1]!.children = ["a"];
    };
    expect(of(cycle)).to.equal("task a");
  });

  it("knows how large a task's inputs are where the file says the size of each", () => {
    const sized = wf((tasks, file: Record<string, { specification: { files: unknown[] } }>) => {
      const files = file.workflow!.specification.files;
      for (const [id, sizeInBytes] of [["x", 5], ["y", 7]] as const) files.push({ id, sizeInBytes }); // prettier-ignore
      tasks[0]!.inputFiles = ["x", "y"];
      tasks[1]!.inputFiles = ["x", "not listed"];
    });
    const { tasks } = parseWfFormat(sized, "f", true);
    expect(tasks.map(({ inputBytes }) => inputBytes)).to.deep.equal([12, undefined]);
    expect(tasks.map(({ files }) => files)).to.deep.equal([undefined, undefined]);
    const moved = parseWfFormat(sized, "f", false).tasks;
    const [x, y] = [
      { key: "x", bytes: 5 },
      { key: "y", bytes: 7 },
    ];
    expect(moved.map(({ files }) => files)).to.deep.equal([
      { inputs: [x, y], outputs: [] },
      { inputs: [x], outputs: [] },
    ]);
  });

  it("reads Standard Task Graphs and says which line is wrong", () => {
    const { tasks } = parseStg("1\n0 0 0\n1 5 1 0\n2 0 1 1\n# end\n", "g");
    expect(tasks.map(({ seconds, parents }) => [seconds, parents])).to.deep.equal([
      [0, []],
      [5, [0]],
      [0, [1]],
    ]);
    expect(mistake(() => parseStg("", "g"))).to.equal("line 1");
    expect(mistake(() => parseStg("5\n0 1 0", "g"))).to.equal("line 1");
    expect(mistake(() => parseStg("2\n0 1 0\n1 x 0", "g"))).to.equal("line 3");
    expect(mistake(() => parseStg("2\n0 1 0\n2 1 0", "g"))).to.equal("line 3");
    expect(mistake(() => parseStg("2\n0 1 0\n1 1 2 0", "g"))).to.equal("line 3");
    expect(mistake(() => parseStg("2\n0 1 0\n1 1 1 7", "g"))).to.equal("line 3");
    expect(mistake(() => parseStg("2\n0 1 1 1\n1 1 1 0", "g"))).to.equal("task 0");
  });

  it("reads operators and faults, and says where they are wrong", () => {
    const base = { id: "a", cores: 1, memoryMb: 1 };
    const of = (...list: object[]) => parseOperators(JSON.stringify(list), "f");
    expect(of({ ...base, count: 2 }).map(({ id }) => id)).to.deep.equal(["a-1", "a-2"]);
    expect(mistake(() => of({ ...base, cores: 0 }))).to.equal("[0].cores");
    expect(mistake(() => of(base, base))).to.equal("[1].id");
    expect(mistake(() => of({ ...base, joinsAt: 2, leavesAt: 1 }))).to.equal("[0].leavesAt");
    const silent = (...silences: object[]) => of({ ...base, silences });
    expect(silent({ from: 1, to: 2 }, { from: 3, to: 4 })[0]!.silences).to.have.length(2);
    expect(mistake(() => silent({ from: 1 }))).to.equal("[0].silences[0].to");
    expect(mistake(() => silent({ from: 2, to: 2 }))).to.equal("[0].silences[0].to");
    expect(mistake(() => silent({ from: 1, to: 3 }, { from: 3, to: 4 }))).to.equal(
      "[0].silences[1].from",
    );
    expect(mistake(() => of({ ...base, hangRate: -1 }))).to.equal("[0].hangRate");
    const faults = (file: object) => mistake(() => parseFaults(JSON.stringify(file), "f"));
    expect(faults({ failureRate: 2 })).to.equal("failureRate");
    expect(faults({ hangRate: 2 })).to.equal("hangRate");
    expect(faults({ silent: { count: 1, to: 9 } })).to.equal("silent.seconds");
    expect(faults({ silent: { count: 1, from: 9, to: 8, seconds: 1 } })).to.equal("silent.to");
    expect(faults({ leave: { count: 1, from: 9, to: 8 } })).to.equal("leave.to");
  });
});
