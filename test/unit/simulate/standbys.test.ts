import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import type { SimOperator, SimTask } from "../../../offchain/simulate/model";
import type { SimulationOptions } from "../../../offchain/simulate/result";
import { simulate } from "../../../offchain/simulate/simulate";
import { specWorkflow } from "../../../offchain/simulate/spec/workflow";
import { scheduleMistakes } from "../../support/check-schedule";
import { simOperator } from "../../support/sim-operator";
import { simTask } from "../../support/sim-task";
import { proofs } from "../coordinator/support/specs";

const operatorOf = (id: string, changes: Partial<SimOperator> = {}): SimOperator =>
  simOperator({ id, cores: 1, memoryMb: 1_000, ...changes });

const SLOW = operatorOf("slow", { slowdown: 20 });

const taskOf = (id: number, changes: Partial<SimTask> = {}): SimTask =>
  simTask({ id: String(id), attempts: 1, ...changes });

type Options = Pick<SimulationOptions, "workflows" | "operators" | "standby" | "learned">;

function simulated(options: Options) {
  const result = simulate({ policy: "froben", seed: 1, ...options });
  expect(scheduleMistakes(result, options.workflows, options.operators)).to.deep.equal([]);
  return result;
}

/** What became of the attempts at a task that `slow` is given, in the order of their ends; others come later. In the end it is done. */
function straggler(others: SimOperator[], changes: Partial<SimTask> = {}) {
  // Somebody who is not there any more has run the program.
  const learned = { runs: 10, meanMs: 10_000, failed: 0 };
  const { attempts, workflows } = simulated({
    workflows: [{ name: "w", tasks: [taskOf(0, changes)] }],
    operators: [SLOW, ...others],
    standby: true,
    learned: [{ program: sha256("p"), operator: "former", learned }],
  });
  expect(workflows[0]!.state).to.equal("done");
  return attempts.map(({ operator, outcome }) => [operator, outcome]);
}

describe("copies of stragglers in a simulated market", () => {
  it("are started of tasks that take too long; the loser is cancelled and not paid", () => {
    const tasks = Array.from({ length: 6 }, (_, i) => taskOf(i));
    const last = taskOf(6, { parents: [...tasks.keys()] });
    const workflows = [{ name: "w", tasks: [...tasks, last] }];
    const operators = [operatorOf("a"), operatorOf("b"), SLOW];
    const without = simulated({ workflows, operators });
    expect(without.makespan).to.equal(210);
    expect(without.waste).to.deep.equal({ attempts: 0, seconds: 0, cost: 0 });
    const result = simulated({ workflows, operators, standby: true });
    const [copy] = result.attempts.filter((a) => a.copy);
    const loser = result.attempts.find(({ outcome }) => outcome === "cancelled");
    expect(loser).to.include({ task: copy!.task, operator: "slow", end: copy!.end });
    // The copy counts once the holder has released its claim.
    const ms = (seconds: number) => Math.round(seconds * 1_000);
    expect(ms(result.makespan!)).to.equal(ms(copy!.end) + 15_000 + 10_000);
    expect(result.waste).to.deep.include({ attempts: 1, seconds: copy!.end });
    expect(result.decisions.find(({ rejections }) => rejections.apart)).to.deep.include({
      tasks: [Number(copy!.task)],
      choice: copy!.operator,
    });
  });

  it("that fail change nothing for the task, and are made once for each attempt", () => {
    const bad = operatorOf("bad", { joinsAt: 16, failureRate: 1 });
    const other = operatorOf("other", { joinsAt: 60, slowdown: 3 });
    expect(straggler([bad, other])).to.deep.equal([
      ["bad", "failed"],
      ["slow", "done"],
    ]);
  });

  it("take the place of an attempt that fails, however often the task may be tried", () => {
    const late = operatorOf("late", { joinsAt: 16, slowdown: 5 });
    expect(straggler([late], { runSeconds: 60 })).to.deep.equal([
      ["slow", "run_timeout"],
      ["late", "done"],
    ]);
  });

  it("whose result is wrong have cost the first attempt its claim by then", () => {
    const wrong = operatorOf("wrong", { joinsAt: 16, invalidRate: 1 });
    expect(straggler([wrong], { attempts: 2 })).to.deep.equal([
      ["slow", "cancelled"],
      ["wrong", "invalid"],
      ["slow", "done"],
    ]);
  });

  it("are made of a step's tasks where its spec says so, as late as that says", () => {
    const copiesOf = (standby?: { afterFactor: number }) => {
      const spec = proofs(3, { limits: { startSeconds: 10, runSeconds: 600, silenceSeconds: 10 }, standby }); // prettier-ignore
      const model = { durations: { prove: 10 }, items: {}, runs: {} };
      const workflows = [specWorkflow(spec, model, "model", 1)];
      const operators = [SLOW, operatorOf("a"), operatorOf("b")];
      const { attempts } = simulated({ workflows, operators });
      return attempts.flatMap(({ copy, start }) => (copy ? [Math.round(start)] : []));
    };
    expect(copiesOf()).to.deep.equal([]);
    expect(copiesOf({ afterFactor: 3 })).to.deep.equal([30]);
    expect(copiesOf({ afterFactor: 6 })).to.deep.equal([60]);
  });
});
