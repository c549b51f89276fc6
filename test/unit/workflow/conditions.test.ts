import { expect } from "chai";
import fc from "fast-check";
import { sha256, type Digest } from "../../../protocol/digest";
import type { Spec, When } from "../../../protocol/spec";
import { parseSpec } from "../../../protocol/validate-spec";
import { unfold } from "../../../offchain/audit/artifacts/unfold";
import { Plan, type PlannedTask } from "../../../offchain/workflow/plan";
import { PROGRAM, step } from "../coordinator/support/specs";

const SAYS = ["yes", "no"].map((text) => sha256(text));
const outputOf = (task: number, output: string): Digest => sha256(`${output} of ${task}`);
const when = (step: string, of: object) => ({ value: { step, output: "flag" }, ...of }) as When;

/**
 * Two flags; the first decides between two maps, which meet in a tree, the second between a step and an input.
 * Tasks: 0, 1 flags; 2 to 4 many; 5, 6 few; 7 to 9 merge; 10 extra; 11 last.
 */
function branches(first: object, second: object): Spec {
  const list = (count: number) =>
    Array.from({ length: count }, (_, i) => sha256(`item ${i} of ${count}`));
  const map = (id: string, input: string, of: object) =>
    step({
      id,
      program: PROGRAM.prove,
      fanOut: { kind: "map", over: ["item"] },
      inputs: { item: { input } },
      maxTasks: input === "three" ? 3 : 2,
      when: when("first", of),
    });
  const opposite = "is" in first ? { isNot: first.is } : { is: (first as { isNot: Digest }).isNot };
  return parseSpec({
    version: 1,
    name: "branches",
    inputs: {
      three: { kind: "collection", items: list(3) },
      two: { kind: "collection", items: list(2) },
      none: { kind: "file", digest: sha256("nothing") },
    },
    steps: [
      ...["first", "second"].map((id) =>
        step({
          id,
          program: PROGRAM.split,
          inputs: { none: { input: "none" } },
          outputs: { flag: "file", log: "file" },
        }),
      ),
      map("many", "three", first),
      map("few", "two", opposite),
      step({
        id: "merge",
        program: PROGRAM.merge,
        fanOut: {
          kind: "tree",
          source: {
            step: "many",
            output: "proof",
            otherwise: { step: "few", output: "proof" },
          },
          slots: ["left", "right"],
          item: "proof",
          until: 1,
        },
        maxTasks: 3,
      }),
      step({ id: "extra", program: PROGRAM.prove, when: when("second", second) }),
      step({
        id: "last",
        program: PROGRAM.merge,
        inputs: {
          top: { step: "merge", output: "proof", index: 0 },
          extra: { step: "extra", output: "proof", otherwise: { input: "none" } },
        },
      }),
    ],
    outputs: { proof: { step: "last", output: "proof" } },
  });
}

const answer = fc.constantFrom(...SAYS, sha256("perhaps"));
const condition = fc
  .tuple(fc.constantFrom("is", "isNot"), fc.constantFrom(...SAYS))
  .map(([kind, digest]) => ({ [kind]: digest }));

const digests = (tasks: PlannedTask[]) =>
  tasks
    .map(({ task, inputs }) => {
      const named = Object.entries(inputs).map(([name, source]) => [
        name,
        "digest" in source ? source.digest : outputOf(source.task, source.output),
      ]);
      return [task, Object.fromEntries(named) as Record<string, Digest>] as const;
    })
    .sort(([a], [b]) => a - b);

describe("steps with conditions", () => {
  it("make the tasks that the auditor's own reading makes, in whatever order the flags are known", () => {
    fc.assert(
      fc.property(condition, condition, answer, answer, fc.boolean(), (a, b, one, two, late) => {
        const spec = branches(a, b);
        const flags = new Map([
          [0, one],
          [1, two],
        ]);
        const known = new Set<number>();
        const fileOf = (task: number) => (known.has(task) ? flags.get(task) : undefined);
        const plan = new Plan(spec);
        const tasks = plan.advance(() => undefined, fileOf);
        expect(tasks.map(({ task }) => task)).to.deep.equal([0, 1]);
        for (const task of late ? [1, 0] : [0, 1]) {
          known.add(task);
          tasks.push(...plan.advance(() => undefined, fileOf));
        }
        expect(plan.complete).to.equal(true);
        const { tasks: read, leftOut } = unfold(spec, (task) => ({
          files: {
            proof: outputOf(task, "proof"),
            ...(flags.has(task) && { flag: flags.get(task)! }),
          },
          items: {},
        }));
        expect(digests(tasks)).to.deep.equal(
          [...read].map(([task, { inputs }]) => [task, inputs]).sort(([x], [y]) => +x! - +y!),
        );
        const hasFirst = "is" in a ? a.is === one : a.isNot !== one;
        const hasSecond = "is" in b ? b.is === two : b.isNot !== two;
        expect(tasks.length).to.equal(2 + (hasFirst ? 3 + 2 : 2 + 1) + (hasSecond ? 1 : 0) + 1);
        expect(leftOut.has(10)).to.equal(!hasSecond);
        expect(leftOut.has(2)).to.equal(!hasFirst);
      }),
      { numRuns: 200 },
    );
  });

  it("know at once what an input of the workflow decides", () => {
    const spec = branches({ is: SAYS[0]! }, { is: SAYS[0]! });
    const extra = spec.steps.find(({ id }) => id === "extra")!;
    extra.when = { value: { input: "none" }, isNot: sha256("nothing") };
    const plan = new Plan(spec);
    plan.advance(() => undefined);
    expect(plan.tasksOf("extra")).to.deep.equal([]);
  });
});
