import { expect } from "chai";
import fc from "fast-check";
import { lowerBound } from "../../../offchain/simulate/bound";
import { Capacity } from "../../../offchain/simulate/capacity";
import { withFaults } from "../../../offchain/simulate/faults";
import { gantt } from "../../../offchain/simulate/gantt";
import type { SimOperator, SimTask, SimWorkflow } from "../../../offchain/simulate/model";
import { parseOperators } from "../../../offchain/simulate/read/operators";
import { parseWfFormat } from "../../../offchain/simulate/read/wfformat";
import { POLICIES } from "../../../offchain/simulate/result";
import { simulate } from "../../../offchain/simulate/simulate";
import { FLEET, zksyncBatch } from "../../../pipelines/zksync-batch";
import { scheduleMistakes } from "../../support/check-schedule";
import { simOperator } from "../../support/sim-operator";
import { simTask } from "../../support/sim-task";

const operatorOf = (id: string, changes: Partial<SimOperator> = {}): SimOperator =>
  simOperator({ id, cores: 2, memoryMb: 4, gpus: 1, vramMb: 8, ...changes });

const taskOf = (id: number, changes: Partial<SimTask> = {}): SimTask =>
  simTask({ id: String(id), seconds: 1, ...changes });

/** Graphs whose edges go from lower to higher positions. */
const graphs = (most: number): fc.Arbitrary<SimWorkflow> =>
  fc
    .array(
      fc.record({
        seconds: fc.integer({ min: 0, max: 9 }),
        cores: fc.integer({ min: 1, max: 2 }),
        memoryMb: fc.integer({ min: 1, max: 4 }),
        gpus: fc.integer({ min: 0, max: 1 }),
        program: fc.constantFrom("p", "q"),
        draws: fc.array(fc.nat(), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: most },
    )
    .map((drawn) => ({
      name: "w",
      tasks: drawn.map(({ seconds, cores, memoryMb, gpus, program, draws }, i) =>
        taskOf(i, {
          seconds,
          program,
          resources: { cores, memoryMb, gpus, vramMb: gpus * 8 },
          parents: i === 0 ? [] : [...new Set(draws.map((draw) => draw % i))],
        }),
      ),
    }));

/** The least makespan of all schedules that start each task as early as an order and a choice of operators allow. */
function best({ tasks }: SimWorkflow, operators: SimOperator[]): number {
  type Placed = { by: SimOperator; start: number; end: number; task: SimTask };
  const fits = (placed: Placed[], by: SimOperator, task: SimTask, start: number, end: number) =>
    [start, ...placed.map((p) => p.start).filter((at) => at > start && at < end)].every((at) => {
      const there = placed.filter((p) => p.by === by && p.start <= at && at < p.end);
      return (["cores", "memoryMb", "gpus"] as const).every(
        (what) =>
          there.reduce((sum, p) => sum + p.task.resources[what], task.resources[what]) <= by[what],
      );
    });
  let least = Infinity;
  const go = (placed: (Placed | undefined)[], left: number) => {
    const set = placed.filter((p) => p !== undefined);
    if (left === 0) least = Math.min(least, Math.max(...set.map(({ end }) => end)));
    for (const [i, task] of tasks.entries()) {
      if (placed[i] || task.parents.some((p) => !placed[p])) continue;
      const from = Math.max(0, ...task.parents.map((p) => placed[p]!.end));
      for (const by of operators) {
        const takes = task.seconds / (by.speed as number);
        const starts = [from, ...set.map(({ end }) => end).filter((end) => end > from)];
        const start = starts.sort((a, b) => a - b).find((s) => fits(set, by, task, s, s + takes))!;
        const next = [...placed];
        next[i] = { by, start, end: start + takes, task };
        go(next, left - 1);
      }
    }
  };
  go(
    Array.from(tasks, () => undefined),
    tasks.length,
  );
  return least;
}

describe("the lower bound", () => {
  it("is at most the best of all schedules of a small graph", () => {
    const operators = [operatorOf("a"), operatorOf("b", { speed: 2 })];
    fc.assert(
      fc.property(graphs(5), (workflow) => {
        expect(lowerBound([workflow], operators).lowerBound).to.be.at.most(
          best(workflow, operators) + 1e-9,
        );
      }),
      { numRuns: 150 },
    );
  });

  it("is the path, the area, or the area between what must come before and after", () => {
    const chain = [taskOf(0, { seconds: 4 }), taskOf(1, { seconds: 6, parents: [0] })];
    expect(lowerBound([{ name: "w", tasks: chain }], [operatorOf("a", { speed: 2 })])).to.include({
      criticalPath: 5,
      lowerBound: 5,
    });
    const wide = Array.from({ length: 8 }, (_, i) => taskOf(i));
    const last = taskOf(8, { seconds: 3, parents: [...wide.keys()] });
    const bound = lowerBound([{ name: "w", tasks: [...wide, last] }], [operatorOf("a")]);
    expect(bound).to.deep.equal({ criticalPath: 4, area: 5.5, areaBetween: 7, lowerBound: 7 });
  });

  it("knows when work is done by those who come and go, whenever it begins", () => {
    const fleet = [
      operatorOf("a", { cores: 1, joinsAt: 1, leavesAt: 3 }),
      operatorOf("b", { cores: 2, joinsAt: 5, speed: 2 }),
    ];
    const capacity = new Capacity(fleet, ["p"], "cores");
    expect([0, 1, 2, 2.5, 6].map((work) => capacity.doneAt(work, 0))).to.deep.equal([
      0, 2, 3, 5.125, 6,
    ]);
    expect(capacity.doneAt(1, 2)).to.equal(3);
    expect(capacity.doneAt(1, 4)).to.equal(5.25);
    expect(capacity.doneAt(8, 10)).to.equal(12);
    expect(new Capacity(fleet.slice(0, 1), ["p"], "cores").doneAt(2.5, 0)).to.equal(Infinity);
    expect(new Capacity([], ["p"], "cores").doneAt(1, 0)).to.equal(Infinity);
  });

  it("counts the work of all ancestors before a join, and of all descendants after a fork", () => {
    const wide = (from: number, parent: number) =>
      Array.from({ length: 8 }, (_, i) =>
        taskOf(from + i, { parents: parent < 0 ? [] : [parent] }),
      );
    const join = (id: number, from: number) =>
      taskOf(id, { parents: Array.from({ length: 8 }, (_, i) => from + i) });
    const tasks = [...wide(0, -1), join(8, 0), ...wide(9, 8), join(17, 9)];
    const bound = lowerBound([{ name: "w", tasks }], [operatorOf("a")]);
    expect(bound).to.deep.equal({ criticalPath: 4, area: 9, areaBetween: 10, lowerBound: 10 });
  });

  it("counts operators only while they are there", () => {
    const tasks = [taskOf(0), taskOf(1), taskOf(2), taskOf(3)];
    const fleet = [
      operatorOf("a", { cores: 1 }),
      operatorOf("b", { cores: 1, joinsAt: 1, leavesAt: 2 }),
    ];
    expect(lowerBound([{ name: "w", tasks }], fleet).area).to.equal(3);
  });
});

describe("the simulator", () => {
  it("makes schedules without mistakes of any graph, under every policy, with operators that fail, leave and are slow", () => {
    const fleet = [
      operatorOf("a", { failureRate: 0.2 }),
      operatorOf("b", { speed: 2, leavesAt: 7 }),
      operatorOf("c", { speed: { p: 0.5, default: 1 }, joinsAt: 2, slowdown: 3 }),
    ];
    fc.assert(
      fc.property(
        graphs(25),
        fc.constantFrom(...POLICIES),
        fc.boolean(),
        fc.boolean(),
        fc.nat(),
        (workflow, policy, knownDurations, standby, seed) => {
          const flags = { knownDurations, standby };
          const options = { workflows: [workflow], operators: fleet, policy, seed, ...flags };
          const result = simulate(options);
          expect(scheduleMistakes(result, [workflow], fleet)).to.deep.equal([]);
          expect(result.workflows[0]!.state).to.not.equal("stuck");
          expect(simulate(options)).to.deep.equal(result);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("gives a task up after the attempts that its policy allows, and says that the workflow failed", () => {
    const tasks = [taskOf(0, { attempts: 2 }), taskOf(1, { parents: [0] })];
    const fleet = [operatorOf("a", { failureRate: 1 })];
    const result = simulate({ workflows: [{ name: "w", tasks }], operators: fleet, policy: "froben", seed: 1 }); // prettier-ignore
    expect(result.attempts.map(({ outcome }) => outcome)).to.deep.equal(["failed", "failed"]);
    expect(result.workflows[0]).to.include({ state: "failed", end: null });
    expect(result.makespan).to.equal(null);
  });

  it("says that a workflow is stuck when everybody has left", () => {
    const fleet = [operatorOf("a", { leavesAt: 1 })];
    const workflow = { name: "w", tasks: [taskOf(0, { seconds: 2 })] };
    const result = simulate({ workflows: [workflow], operators: fleet, policy: "froben", seed: 1 });
    expect(result.attempts).to.have.length(1);
    expect(result.attempts[0]).to.include({ outcome: "silence", end: 61 });
    expect(result.workflows[0]!.state).to.equal("stuck");
  });

  it("refuses a task that no operator could ever take", () => {
    const task = taskOf(0, { resources: { cores: 3, memoryMb: 1, gpus: 0, vramMb: 0 } });
    const workflows = [{ name: "w", tasks: [task] }];
    expect(() => simulate({ workflows, operators: [operatorOf("a")], policy: "fifo", seed: 1 }))
      .to.throw()
      .with.property("field", "w/0");
  });

  it("runs a ZKsync-Era-like batch with faults, draws it, and has a decision for each of its choices", () => {
    const workflow = parseWfFormat(JSON.stringify(zksyncBatch(1)), "batch", false);
    expect(workflow.tasks.length).to.be.within(500, 700);
    const declared = parseOperators(JSON.stringify(FLEET), "fleet");
    expect(declared.filter(({ gpus }) => gpus > 0)).to.have.length(35);
    const leave = { count: 3, from: 0, to: 600 };
    const faults = { failureRate: 0.1, leave, slow: { count: 2, factor: 10 } };
    const operators = withFaults(declared, faults, 1);
    const result = simulate({ workflows: [workflow], operators, policy: "froben", seed: 1 });
    expect(scheduleMistakes(result, [workflow], operators)).to.deep.equal([]);
    const chosen = result.decisions.reduce((sum, { tasks }) => sum + tasks.length, 0);
    expect(chosen).to.be.at.least(result.attempts.length);
    expect(gantt(result).match(/<rect /g)).to.have.length(result.attempts.length);
  });
});
