import { expect } from "chai";
import type { SimOperator, SimWorkflow } from "../../../offchain/simulate/model";
import { simulate } from "../../../offchain/simulate/simulate";
import { sha256 } from "../../../protocol/digest";
import { scheduleMistakes } from "../../support/check-schedule";
import { simOperator } from "../../support/sim-operator";

const SECONDS = 20;

/** Independent tasks, all alike. */
const workflowOf = (name: string, count: number, arrivesAt = 0): SimWorkflow => ({
  name,
  arrivesAt,
  tasks: Array.from({ length: count }, (_, i) => ({
    id: String(i),
    program: "p",
    seconds: SECONDS,
    resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
    parents: [],
    runSeconds: 1_000,
    attempts: 10,
  })),
});
const operatorOf = (id: string, changes: Partial<SimOperator> = {}): SimOperator =>
  simOperator({ id, cores: 1, memoryMb: 1, ...changes });

describe("canaries in a simulated market", () => {
  const known = ["a", "b", "c"].map((id) => operatorOf(id));
  /** Twelve tasks by three operators, then a quiet time in which another one joins, then six. */
  function market(newcomer: Partial<SimOperator>, canaries?: readonly SimWorkflow[]) {
    const workflows = [workflowOf("first", 12), workflowOf("second", 6, 1_000)];
    const operators = [...known, operatorOf("new", { joinsAt: 200, ...newcomer })];
    const result = simulate({ workflows, operators, policy: "froben", seed: 1, canaries });
    expect(scheduleMistakes(result, workflows, operators)).to.deep.equal([]);
    const given = result.attempts.filter(({ operator }) => operator === "new");
    return { ...result, given };
  }

  it("find a newcomer out whose results are wrong: it spoils none of the tasks that come later", () => {
    const without = market({ invalidRate: 1 });
    expect(without.canaries).to.deep.equal({ right: 0, wrong: 0, displaced: 0, seconds: 0 });
    expect(without.given.length).above(0);
    const found = market({ invalidRate: 1 }, []);
    expect(found.canaries).to.deep.equal({
      right: 0,
      wrong: 2,
      displaced: 0,
      seconds: 2 * SECONDS,
    });
    expect(found.given).to.deep.equal([]);
    expect(found.makespan).equal(1_000 + 2 * SECONDS);
  });

  it("show that one is slow before a workflow waits for it", () => {
    const slow = { slowdown: 10 };
    expect(market(slow).makespan).equal(1_000 + 10 * SECONDS);
    const found = market(slow, []);
    // It is known to be so slow by the first that a second would take too long.
    expect(found.canaries).to.deep.include({ right: 1, wrong: 0 });
    expect(found.makespan).equal(1_000 + 2 * SECONDS);
  });

  it("do not keep a good one from work, and count for it", () => {
    const good = market({}, []);
    expect(good.canaries).to.deep.include({ right: 2, wrong: 0 });
    expect(good.given.length).above(0);
  });

  it("of one that is never heard of again count as failed when its silence is noticed", () => {
    const { canaries, given } = market({ silentRate: 1 }, []);
    expect(canaries).to.deep.equal({ right: 0, wrong: 2, displaced: 0, seconds: 120 });
    expect(given).to.deep.equal([]);
  });

  it("give way to real work", () => {
    const first = [workflowOf("before", 3)];
    const workflows = [workflowOf("w", 8, 35)];
    const operators = [...known, operatorOf("new")];
    const learned = [
      {
        program: sha256("p"),
        operator: "of old",
        learned: { runs: 5, meanMs: SECONDS * 1_000, failed: 0 },
      },
    ];
    const options = { workflows, operators, learned, policy: "froben" as const, seed: 1 };
    const result = simulate({ ...options, canaries: first });
    expect(result.canaries).to.deep.include({ displaced: 4, right: 0, wrong: 0 });
    expect(result.attempts).to.deep.equal(simulate(options).attempts);
  });

  it("end with the market", () => {
    const workflows = [workflowOf("w", 1)];
    const operators = [
      operatorOf("a", { leavesAt: 1 }),
      operatorOf("b", { cores: 1, memoryMb: 0 }),
    ];
    const options = { workflows, operators, policy: "froben" as const, seed: 1 };
    expect(simulate({ ...options, canaries: [] }).workflows[0]!.state).equal("stuck");
  });
});
