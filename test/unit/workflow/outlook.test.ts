import { expect } from "chai";
import fc from "fast-check";
import { sha256, type Digest } from "../../../protocol/digest";
import type { OnFailure, Spec } from "../../../protocol/spec";
import type { TaskState } from "../../../protocol/http";
import { parseSpec } from "../../../protocol/validate-spec";
import { unfold } from "../../../offchain/audit/artifacts/unfold";
import { find, outlookOf, type GraphTask, type LeftOut } from "../../../offchain/workflow/outlook";
import { Plan, type Source } from "../../../offchain/workflow/plan";
import { PROGRAM, step } from "../coordinator/support/specs";

type Task = GraphTask & { index: number; state: TaskState; leftOut: LeftOut | null };

interface Policies {
  prove?: OnFailure;
  check?: OnFailure;
  merge?: OnFailure;
  one?: OnFailure;
  last?: OnFailure;
}

/** setup -> prove (map) -> check (map over items and proofs) -> merge (tree) -> last; one takes a proof by its place. */
function graph(items: number, arity: number, until: number, policies: Policies = {}): Spec {
  const policy = (id: keyof Policies) => (policies[id] ? { onFailure: policies[id] } : {});
  const proof = (id: string, index?: number) => ({ step: id, output: "proof", index });
  return parseSpec(
    JSON.parse(
      JSON.stringify({
        version: 1,
        name: "graph",
        inputs: {
          items: {
            kind: "collection",
            items: Array.from({ length: items }, (_, i) => sha256(`item ${i}`)),
          },
        },
        steps: [
          step({
            id: "prove",
            program: PROGRAM.prove,
            fanOut: { kind: "map", over: ["item"] },
            inputs: { item: { input: "items" } },
            outputs: { proof: "file", log: "file" },
            maxTasks: items,
            ...policy("prove"),
          }),
          step({
            id: "one",
            program: PROGRAM.prove,
            inputs: { before: proof("prove", 0) },
            ...policy("one"),
          }),
          step({
            id: "check",
            program: PROGRAM.prove,
            fanOut: { kind: "map", over: ["item", "before"] },
            inputs: { item: { input: "items" }, before: proof("prove"), one: proof("one") },
            maxTasks: items,
            ...policy("check"),
          }),
          step({
            id: "merge",
            program: PROGRAM.merge,
            fanOut: {
              kind: "tree",
              source: proof("prove"),
              slots: Array.from({ length: arity }, (_, i) => `slot${i}`),
              item: "proof",
              until,
            },
            inputs: { one: proof("one") },
            outputs: { proof: "file", log: "file" },
            maxTasks: 100,
            ...policy("merge"),
          }),
          step({
            id: "last",
            program: PROGRAM.merge,
            inputs: { top: proof("merge", 0), checked: proof("check", items - 1) },
            ...policy("last"),
          }),
        ],
        outputs: { last: proof("last"), all: proof("merge") },
      }),
    ),
  );
}

const outputOf = (task: number, output: string): Digest => sha256(`${output} of ${task}`);

/** Runs all tasks in an order that `pick` decides. @param fails tasks that fail for good when they are tried */
function run(spec: Spec, fails: ReadonlySet<number>, pick: (count: number) => number) {
  const tasks = new Map<number, Task>();
  for (const { task, step, inputs } of new Plan(spec).advance(() => undefined))
    tasks.set(task, {
      index: task,
      step: spec.steps[step]!,
      inputs,
      state: "waiting",
      leftOut: null,
    });
  const tried = new Map<number, Record<string, Source>>();
  for (;;) {
    const decided = [...tasks.values()].filter(
      (task) => task.state === "waiting" && outlookOf(task, tasks) !== "open",
    );
    if (decided.length === 0) return { tasks, tried };
    const task = decided[pick(decided.length)]!;
    const outlook = outlookOf(task, tasks);
    if (outlook === "fail") task.state = "failed";
    else if (typeof outlook === "string")
      Object.assign(task, { state: "left_out", leftOut: outlook });
    else {
      tried.set(task.index, outlook);
      task.state = fails.has(task.index) ? "failed" : "done";
    }
  }
}

const onFailure = fc.constantFrom<OnFailure[]>("continue", "ignore");
const policies = fc.record({
  prove: onFailure,
  check: onFailure,
  merge: onFailure,
  one: onFailure,
  last: onFailure,
});
const shape = fc.tuple(
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 2, max: 4 }),
  fc.integer({ min: 1, max: 3 }),
);

describe("what becomes of tasks when others fail", () => {
  it("does not depend on the order of events, and every task comes to an end", () => {
    fc.assert(
      fc.property(
        shape,
        policies,
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 50 }),
        ([items, arity, until], policies, failing, choices) => {
          const spec = graph(items, arity, until, policies);
          const fails = new Set(failing);
          let turn = 0;
          const first = run(spec, fails, () => 0);
          const other = run(spec, fails, (count) => choices[turn++ % choices.length]! % count);
          const states = ({ tasks }: typeof first) =>
            [...tasks.values()].map(({ index, state }) => [index, state]);
          expect(states(other)).to.deep.equal(states(first));
          expect(states(first).map(([, state]) => state)).to.not.include("waiting");
          expect(new Map([...other.tried].sort(([a], [b]) => a - b))).to.deep.equal(
            new Map([...first.tried].sort(([a], [b]) => a - b)),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is what the auditor's own reading of the spec says", () => {
    fc.assert(
      fc.property(
        shape,
        policies,
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }),
        ([items, arity, until], policies, failing) => {
          const spec = graph(items, arity, until, policies);
          const { tasks, tried } = run(spec, new Set(failing), () => 0);
          const isIn = (index: number, state: TaskState) => tasks.get(index)?.state === state;
          const unfolding = unfold(
            spec,
            (task) => {
              const files = { proof: outputOf(task, "proof"), log: outputOf(task, "log") };
              return isIn(task, "done") ? { files, items: {} } : undefined;
            },
            (task) => isIn(task, "failed"),
          );
          const leftOut = [...tasks.keys()].filter((index) => isIn(index, "left_out"));
          expect([...unfolding.leftOut].sort()).to.deep.equal(leftOut.sort());
          const inputs = [...tried].map(([index, sources]) => {
            const named = Object.entries(sources).map(([name, source]) => [
              name,
              "digest" in source ? source.digest : outputOf(source.task, source.output),
            ]);
            return [index, Object.fromEntries(named) as Record<string, Digest>] as const;
          });
          expect(
            new Map([...unfolding.tasks].map(([index, { inputs }]) => [index, inputs])),
          ).to.deep.equal(new Map(inputs));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("puts every item that is there into a tree once, in order, whatever fails below it", () => {
    fc.assert(
      fc.property(shape, fc.uniqueArray(fc.nat(11)), ([items, arity, until], failing) => {
        const spec = graph(items, arity, until, { prove: "continue", one: "ignore" });
        spec.steps.find(({ id }) => id === "merge")!.inputs = {};
        const { tasks } = run(spec, new Set(failing.filter((i) => i < items)), () => 0);
        const leavesUnder = (source: Source): number[] => {
          const { task } = source as { task: number };
          if (task < items) return [task];
          return Object.values(
            outlookOf(tasks.get(task)!, tasks) as Record<string, Source>,
          ).flatMap(leavesUnder);
        };
        const roots = new Plan(spec);
        roots.advance(() => undefined);
        const tops = roots.resolve(spec.outputs.all!, () => undefined) as Source[];
        const there = tops.map((top) => find(top, tasks)).filter((top) => typeof top !== "string");
        const left = Array.from({ length: items }, (_, i) => i).filter((i) => !failing.includes(i));
        expect(there.flatMap(leavesUnder)).to.deep.equal(left);
      }),
      { numRuns: 200 },
    );
  });

  const states = (policies: Policies, failing: number[]) => {
    const { tasks } = run(graph(3, 2, 1, policies), new Set(failing), () => 0);
    return Object.fromEntries(
      ["prove", "one", "check", "merge", "last"].map((id) => [
        id,
        [...tasks.values()].filter(({ step }) => step.id === id).map(({ state }) => state),
      ]),
    );
  };

  it("leaves a failed item's place out of maps, and carries its sibling up a tree", () => {
    const { check, merge, last } = states({ prove: "continue" }, [1]);
    expect(check).to.deep.equal(["done", "left_out", "done"]);
    expect(merge).to.deep.equal(["left_out", "done"]);
    expect(last).to.deep.equal(["done"]);
  });

  it("fails who needs exactly what was lost, and leaves out who needs what is ignored", () => {
    expect(states({ prove: "continue", one: "continue" }, [0]).one).to.deep.equal(["failed"]);
    expect(states({ prove: "ignore" }, [0]).one).to.deep.equal(["left_out"]);
    const { check, merge, last } = states({ prove: "ignore" }, [0]);
    expect(check).to.deep.equal(["left_out", "left_out", "left_out"]);
    expect(merge).to.deep.equal(["left_out", "left_out"]);
    expect(last).to.deep.equal(["left_out"]);
  });

  it("looks at no more than a task's own inputs, however many ways lead back to what failed", () => {
    const proof = (id: string) => ({ step: id, output: "proof" });
    const chain = Array.from({ length: 60 }, (_, i) =>
      step({
        id: `s${i}`,
        program: PROGRAM.prove,
        inputs: i === 0 ? {} : { a: proof(`s${i - 1}`), b: proof(`s${i - 1}`) },
        ...(i === 0 && { onFailure: "ignore" as const }),
      }),
    );
    const spec = parseSpec({ version: 1, name: "chain", inputs: {}, steps: chain, outputs: {} });
    const { tasks } = run(spec, new Set([0]), () => 0);
    expect([...tasks.values()].slice(1).every(({ state }) => state === "left_out")).to.equal(true);
  });
});
