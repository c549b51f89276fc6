import { expect } from "chai";
import fc from "fast-check";
import { withFaults } from "../../../offchain/simulate/faults";
import type { SimOperator, SimTask } from "../../../offchain/simulate/model";
import type { Policy } from "../../../offchain/simulate/result";
import { simulate } from "../../../offchain/simulate/simulate";
import { scheduleMistakes } from "../../support/check-schedule";
import { simOperator } from "../../support/sim-operator";
import { simTask } from "../../support/sim-task";

const operatorOf = (id: string, changes: Partial<SimOperator> = {}): SimOperator =>
  simOperator({ id, cores: 1, memoryMb: 1, ...changes });

const taskOf = (changes: Partial<SimTask> = {}): SimTask =>
  simTask({ startSeconds: 100, runSeconds: 30, silenceSeconds: 20, attempts: 3, ...changes });

/** What becomes of attempts, in the order of their ends. */
function attemptsOf(
  tasks: SimTask[],
  operators: SimOperator[],
  policy: Policy = "froben",
): [outcome: string, start: number, end: number][] {
  const result = simulate({ workflows: [{ name: "w", tasks }], operators, policy, seed: 1 });
  return result.attempts.map(({ outcome, start, end }) => [outcome, start, end]);
}

describe("time limits in a simulated market", () => {
  it("end an attempt that runs for too long, though its operator is heard of all the time", () => {
    const once = taskOf({ attempts: 1 });
    expect(attemptsOf([once], [operatorOf("a", { hangRate: 1 })])).to.deep.equal([
      ["run_timeout", 0, 30],
    ]);
    expect(attemptsOf([once], [operatorOf("a", { slowdown: 3.1 })])).to.deep.equal([
      ["run_timeout", 0, 30],
    ]);
    expect(attemptsOf([once], [operatorOf("a", { slowdown: 3 })])).to.deep.equal([["done", 0, 30]]);
  });

  it("count the time in which inputs are fetched", () => {
    const files = { inputs: [{ key: "in", bytes: 25 * 50e6 }], outputs: [] };
    expect(attemptsOf([taskOf({ attempts: 1, files })], [operatorOf("a")])).to.deep.equal([
      ["run_timeout", 0, 30],
    ]);
  });

  it("end an attempt of which nothing is heard any more, unless its time to run is over sooner", () => {
    const silent = [operatorOf("a", { silentRate: 1 })];
    expect(attemptsOf([taskOf({ attempts: 1 })], silent)).to.deep.equal([["silence", 0, 20]]);
    const short = taskOf({ attempts: 1, runSeconds: 15 });
    expect(attemptsOf([short], silent)).to.deep.equal([["run_timeout", 0, 15]]);
  });

  it("let an operator be silent for less than its step allows, and take its result when it speaks again", () => {
    const silences = [{ from: 5, to: 24 }];
    expect(attemptsOf([taskOf()], [operatorOf("a", { silences })])).to.deep.equal([
      ["done", 0, 24],
    ]);
    // What it did itself is not longer for that.
    const twice = [taskOf({ id: "t" }), taskOf({ id: "u", parents: [0] })];
    expect(attemptsOf(twice, [operatorOf("a", { silences })])).to.deep.equal([
      ["done", 0, 24],
      ["done", 24, 34],
    ]);
  });

  it("have a task done again by others whose operator is silent for too long, and forgive it later", () => {
    const silences = [{ from: 5, to: 200 }];
    const tasks = [taskOf({ id: "t" }), taskOf({ id: "u", seconds: 1, parents: [0] })];
    const fleet = [operatorOf("a", { silences, speed: 1.2 }), operatorOf("b", { joinsAt: 22 })];
    expect(attemptsOf(tasks, fleet)).to.deep.equal([
      ["silence", 0, 25],
      ["done", 26, 36],
      ["done", 36, 37],
    ]);
  });

  it("take back what was given to an operator that had just fallen silent, which is no attempt that failed", () => {
    const late = taskOf({ attempts: 1, seconds: 1 });
    const result = simulate({
      workflows: [{ name: "w", tasks: [late], arrivesAt: 10 }],
      operators: [operatorOf("a", { silences: [{ from: 5, to: 300 }] }), operatorOf("b", { joinsAt: 30 })],
      policy: "froben",
      seed: 1,
    }); // prettier-ignore
    expect(result.attempts.map(({ outcome, operator, start, end }) => [outcome, operator, start, end])).to.deep.equal([
      ["unclaimed", "a", 10, 40],
      ["done", "b", 40, 41],
    ]); // prettier-ignore
  });

  it("end an attempt that has not begun in the time that its step gives for that", () => {
    const workflows = [
      { name: "w", tasks: [taskOf({ startSeconds: 8, seconds: 1 })], arrivesAt: 10 },
    ];
    const operators = [operatorOf("a", { silences: [{ from: 5, to: 300 }] }), operatorOf("b", { joinsAt: 15 })]; // prettier-ignore
    const { attempts } = simulate({ workflows, operators, policy: "froben", seed: 1 });
    expect(attempts.map(({ outcome, operator, start, end }) => [outcome, operator, start, end])).to.deep.equal([
      ["start_timeout", "a", 10, 18],
      ["done", "b", 19, 20],
    ]); // prettier-ignore
  });

  it("begin with an operator's first word when it was silent for a moment", () => {
    const workflows = [{ name: "w", tasks: [taskOf()], arrivesAt: 10 }];
    const operators = [operatorOf("a", { silences: [{ from: 5, to: 25 }] })];
    const { attempts } = simulate({ workflows, operators, policy: "froben", seed: 1 });
    expect(attempts).to.have.length(1);
    expect(attempts[0]).to.include({ outcome: "done", start: 10, end: 35 });
  });

  it("end also what waits in the queue of an operator that has left", () => {
    // Tasks are queued where they are short, and how long they take is known.
    const tasks = Array.from({ length: 9 }, (_, i) =>
      taskOf({ id: String(i), seconds: 1, parents: i === 0 ? [] : [0] }),
    );
    const operators = [operatorOf("a", { leavesAt: 2.5 }), operatorOf("b", { joinsAt: 3 })];
    const options = { policy: "froben" as const, seed: 1, operators };
    const result = simulate({ ...options, workflows: [{ name: "w", tasks }] });
    expect(result.workflows[0]!.state).to.equal("done");
    const silent = result.attempts.filter(({ outcome }) => outcome === "silence");
    expect(silent.map(({ end }) => end)).to.deep.equal(silent.map(() => 22.5));
    expect(silent.length).to.be.above(1);
    // Only one of them had the machine.
    expect(silent.filter(({ start, end }) => start < end)).to.have.length(1);
    expect(result.cost).to.be.closeTo((9 + 22.5 - 2) / 3600, 1e-9);
  });

  it("end every attempt of any fleet by the time that its step allows", () => {
    const rate = fc.constantFrom(0, 0.3);
    const operators = fc.array(
      fc.record({
        silentRate: rate,
        hangRate: rate,
        failureRate: rate,
        leavesAt: fc.constantFrom(15, Infinity),
        from: fc.integer({ min: 0, max: 40 }),
        seconds: fc.integer({ min: 1, max: 90 }),
      }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(operators, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }), fc.nat(), (drawn, lengths, seed) => {
          const tasks = lengths.map((seconds, i) =>
            taskOf({ id: String(i), seconds, parents: i % 4 === 3 ? [i - 1, i - 2] : [] }),
          );
          const fleet = [
            ...drawn.map(({ from, seconds, ...rest }, i) =>
              operatorOf(`o${i}`, { ...rest, silences: [{ from, to: from + seconds }] }),
            ),
            operatorOf("last", { joinsAt: 100, cores: 2 }),
          ];
          const workflows = [{ name: "w", tasks }];
          const options = { workflows, operators: fleet, policy: "froben" as const, seed };
          const result = simulate(options);
          expect(scheduleMistakes(result, workflows, fleet)).to.deep.equal([]);
          // Half a minute to claim, and as much to run.
          for (const { start, end } of result.attempts) expect(end - start).to.be.at.most(60);
          expect(result.workflows[0]!.state).to.not.equal("stuck");
          expect(simulate(options)).to.deep.equal(result);
        },
      ),
      { numRuns: 100 },
    ); // prettier-ignore
  });
});

describe("faults", () => {
  it("silence as many operators as they say, others than those that leave or are slow, and let attempts hang", () => {
    const fleet = Array.from({ length: 6 }, (_, i) => operatorOf(`o${i}`, { hangRate: 0.5 }));
    const made = withFaults(
      fleet,
      {
        failureRate: 0,
        hangRate: 0.5,
        leave: { count: 1, from: 1, to: 2 },
        slow: { count: 2, factor: 3 },
        silent: { count: 2, from: 10, to: 20, seconds: 5 },
      },
      1,
    );
    const silent = made.filter(({ silences }) => silences !== undefined);
    expect(silent).to.have.length(2);
    for (const { silences, leavesAt, slowdown, hangRate } of silent) {
      expect([leavesAt, slowdown, hangRate]).to.deep.equal([Infinity, 1, 0.75]);
      expect(silences![0]!.to - silences![0]!.from).to.be.closeTo(5, 1e-9);
      expect(silences![0]!.from).to.be.within(10, 20);
    }
    // Silences that touch are one.
    const [whole] = withFaults([operatorOf("a", { silences: [{ from: 0, to: 30 }] })], { failureRate: 0, silent: { count: 1, from: 10, to: 10, seconds: 40 } }, 1); // prettier-ignore
    expect(whole!.silences).to.deep.equal([{ from: 0, to: 50 }]);
  });
});
