import { expect } from "chai";
import { costBound } from "../../../offchain/simulate/cost-bound";
import type { SimOperator, SimTask } from "../../../offchain/simulate/model";
import { simulate } from "../../../offchain/simulate/simulate";
import { simOperator } from "../../support/sim-operator";

const task = (id: string, seconds: number, parents: number[] = []): SimTask => ({
  ...{ id, seconds, parents, program: "p", runSeconds: 1_000, attempts: 3 },
  resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
});
/** Twice as fast at four times the price. */
const fleet: SimOperator[] = [
  simOperator({ id: "cheap", cores: 1, memoryMb: 1, pricePerHour: 3_600 }),
  simOperator({ id: "dear", cores: 1, memoryMb: 1, pricePerHour: 14_400, speed: 2 }),
];
const tasks = Array.from({ length: 10 }, (_, i) => task(`t${i}`, 10));
const run = (withinSeconds?: number) =>
  simulate({
    ...{ operators: fleet, policy: "froben", seed: 1, knownDurations: true },
    workflows: [{ name: "w", tasks, withinSeconds }],
  });

describe("a workflow that prefers money to time", () => {
  it("runs at the cheapest operator alone when that should be done in time", () => {
    const result = run(120);
    expect(new Set(result.attempts.map(({ operator }) => operator))).to.have.all.keys("cheap");
    expect(result).to.include({ makespan: 100, cost: 100 });
  });

  it("takes dearer ones as far as it must be done sooner", () => {
    const result = run(60);
    expect(result.makespan).to.be.at.most(60);
    expect(new Set(result.attempts.map(({ operator }) => operator))).to.have.all.keys(
      "cheap",
      "dear",
    );
  });

  it("is done as soon as can be when its time is too short", () => {
    expect(run(5).makespan).to.equal(run().makespan);
  });

  it("leaves time for steps that nobody has run, but not all that their limits would allow", () => {
    const end = { ...task("end", 5, [...tasks.keys()]), program: "q" };
    const workflows = [{ name: "w", tasks: [...tasks, end], withinSeconds: 200 }];
    const result = simulate({ operators: fleet, policy: "froben", seed: 1, workflows });
    expect(result.makespan).to.be.within(90, 200);
    const dear = result.attempts.filter(({ operator }) => operator === "dear");
    expect(dear.length).to.be.at.most(2);
  });

  it("starts one task of each program that nobody has run before a second one of any", () => {
    const programs = ["a", "b", "c"];
    const mixed = programs.flatMap((program) =>
      Array.from({ length: 4 }, (_, i) => ({ ...task(`${program}${i}`, 10), program })),
    );
    const machines = programs.map((id) =>
      simOperator({ id, cores: 1, memoryMb: 1, pricePerHour: 3_600 }),
    );
    const firstOf = (withinSeconds?: number) => {
      const workflows = [{ name: "w", tasks: mixed, withinSeconds }];
      const options = { operators: machines, policy: "froben", seed: 1, workflows } as const;
      const starts = simulate(options).attempts.filter(({ start }) => start === 0);
      return new Set(starts.map(({ task: id }) => id[0]));
    };
    expect(firstOf(100)).to.have.all.keys(programs);
    expect(firstOf()).to.have.all.keys("a");
  });

  it("has all help who ask the same, as it costs nothing to be done sooner", () => {
    const operators = ["x", "y"].map((id) =>
      simOperator({ id, cores: 1, memoryMb: 1, pricePerHour: 3_600 }),
    );
    const workflows = [{ name: "w", tasks, withinSeconds: 1_000 }];
    const options = { operators, policy: "froben", seed: 1, knownDurations: true } as const;
    expect(simulate({ ...options, workflows }).makespan).to.equal(50);
  });

  it("says in its decisions who was too dear", () => {
    expect(run(120).decisions[0]!.rejections.dear).to.deep.equal(["dear"]);
  });
});

describe("the least that workflows can cost by a deadline", () => {
  const workflows = [{ name: "w", tasks }];

  it("is the cheapest price, as far as the cheapest have time, then the next", () => {
    expect(costBound(workflows, fleet, 100)).to.be.closeTo(100, 1e-9);
    expect(costBound(workflows, fleet, 60)).to.be.closeTo(60 + 40 * 2, 1e-9);
    expect(costBound(workflows, fleet, 30)).to.equal(Infinity);
  });

  it("gives nobody time that is before a task can start or after it must have ended", () => {
    const chain = [{ name: "w", tasks: [task("a", 20), task("b", 20, [0]), task("c", 20, [1])] }];
    // Whatever is before the last task has half of its time at least to leave.
    expect(costBound(chain, fleet, 60)).to.be.closeTo(60, 1e-9);
    const wide = [
      {
        name: "w",
        tasks: [
          ...tasks,
          task(
            "end",
            40,
            tasks.map((_, i) => i),
          ),
        ],
      },
    ];
    expect(costBound(wide, fleet, 100)).to.be.at.least(120 + 40);
  });

  it("is never above what a run cost that was done by then", () => {
    for (const within of [45, 60, 80, 100]) {
      const { cost, makespan } = run(within);
      expect(cost).to.be.at.least(costBound(workflows, fleet, makespan!) - 1e-6);
    }
  });
});
