import { expect } from "chai";
import fc from "fast-check";
import { sha256, type Digest } from "../../../protocol/digest";
import { parseSpec } from "../../../protocol/validate-spec";
import { Plan, type PlannedTask, type Source } from "../../../offchain/workflow/plan";
import { remainingPaths, treeLevels } from "../../../offchain/workflow/graph/priority";
import { pipeline, PROGRAM, step } from "../coordinator/support/specs";

const items = (n: number): Digest[] => Array.from({ length: n }, (_, i) => sha256(`item ${i}`));

function tree(count: number, arity: number, until: number) {
  return parseSpec({
    version: 1,
    name: "tree",
    inputs: { list: { kind: "collection", items: items(count) } },
    steps: [
      step({
        id: "merge",
        program: PROGRAM.merge,
        fanOut: {
          kind: "tree",
          source: { input: "list" },
          slots: Array.from({ length: arity }, (_, i) => `slot${i}`),
          item: "proof",
          until,
        },
        maxTasks: 1_000,
      }),
    ],
    outputs: { roots: { step: "merge", output: "proof" } },
  });
}

/** Items under a node, from left to right. */
function leavesUnder(source: Source, tasks: Map<number, PlannedTask>): Digest[] {
  if ("digest" in source) return [source.digest];
  const { inputs } = tasks.get(source.task)!;
  const slots = Object.keys(inputs).sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)));
  return slots.flatMap((slot) => leavesUnder(inputs[slot]!, tasks));
}

describe("unfolding a spec", () => {
  it("makes trees of any arity over any count that hold every item once, in order", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        (count, arity, until) => {
          const spec = tree(count, arity, until);
          const plan = new Plan(spec);
          const tasks = new Map(plan.advance(() => undefined).map((task) => [task.task, task]));
          const roots = plan.resolve(spec.outputs.roots!, () => undefined) as Source[];
          expect(roots.length).to.be.at.most(Math.min(count, Math.max(until, 1)));
          expect(roots.flatMap((root) => leavesUnder(root, tasks))).to.deep.equal(items(count));
          for (const task of tasks.values()) {
            expect(Object.keys(task.inputs).length).to.be.within(2, arity);
            for (const source of Object.values(task.inputs))
              if ("task" in source) expect(source.task).to.be.below(task.task);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it("waits for a collection, then makes one task of each item, and the tree above them", () => {
    const plan = new Plan(pipeline());
    expect(plan.advance(() => undefined).map((t) => t.task)).to.deep.equal([0]);
    expect(plan.advance(() => undefined)).to.deep.equal([]);
    const found = plan.advance(() => items(3));
    expect(found.map((t) => [t.step, t.position, t.level])).to.deep.equal([
      [1, 0, 0],
      [1, 1, 0],
      [1, 2, 0],
      [2, 0, 0],
      [2, 1, 1],
    ]);
    expect(found[3]!.inputs).to.deep.equal({
      left: { task: 1, output: "proof" },
      right: { task: 2, output: "proof" },
    });
    expect(found[4]!.inputs).to.deep.equal({
      left: { task: 9, output: "proof" },
      right: { task: 3, output: "proof" },
    });
    expect(plan.complete).to.equal(true);
  });

  it("makes the same tasks whether it learns things at once or one by one", () => {
    const late = new Plan(pipeline());
    late.advance(() => undefined);
    late.advance(() => items(5));
    const early = new Plan(pipeline());
    early.advance(() => items(5));
    for (const id of ["split", "prove", "merge"])
      expect(late.tasksOf(id)).to.deep.equal(early.tasksOf(id));
  });

  it("refuses more tasks than were paid for, lists of different lengths and items that are not there", () => {
    const advance = (spec: Parameters<typeof parseSpec>[0]) =>
      new Plan(parseSpec(spec)).advance(() => undefined);
    const inputs = {
      two: { kind: "collection" as const, items: items(2) },
      three: { kind: "collection" as const, items: items(3) },
    };
    const map = (over: string[], maxTasks: number) => ({
      version: 1,
      name: "map",
      inputs,
      steps: [
        step({
          id: "each",
          program: PROGRAM.prove,
          fanOut: { kind: "map", over },
          inputs: Object.fromEntries(over.map((name) => [name, { input: name }])),
          maxTasks,
        }),
      ],
      outputs: {},
    });
    expect(() => advance(map(["three"], 2))).to.throw("too many tasks");
    expect(() => advance(map(["two", "three"], 3))).to.throw("differ in length");
    const spec = map(["two"], 2);
    const last = step({
      id: "last",
      program: PROGRAM.prove,
      inputs: { x: { step: "each", output: "proof", index: 2 } },
    });
    expect(() => advance({ ...spec, steps: [...spec.steps, last] })).to.throw("no item 2");
  });
});

describe("the longest remaining path", () => {
  it("falls along the graph, and level by level in a tree", () => {
    const spec = pipeline();
    const duration = [100, 10, 1];
    const paths = remainingPaths(
      spec,
      (i) => duration[i]!,
      (i) => treeLevels(spec.steps[i]!, 4),
    );
    expect(paths[0]!(0)).to.equal(112);
    expect(paths[1]!(0)).to.equal(12);
    expect(paths[2]!(0)).to.equal(2);
    expect(paths[2]!(1)).to.equal(1);
  });
});
