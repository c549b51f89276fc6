import { expect } from "chai";
import { chainSeconds } from "../../../bench/schedule/transfers";
import { choose } from "../../../offchain/matchmaker/choose";
import { simulate } from "../../../offchain/simulate/simulate";
import { simOperator } from "../../support/sim-operator";

const task = (id: string, parents: number[], seconds: number, files: object) => ({
  id,
  program: "p",
  seconds,
  resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
  parents,
  runSeconds: 1_000,
  attempts: 1,
  ...files,
});

describe("simulated transfers", () => {
  it("take their time, but not where the inputs are already", () => {
    const file = { key: "f", bytes: 1e9 };
    const inputs = { inputBytes: file.bytes, files: { inputs: [file], outputs: [] } };
    const tasks = [
      task("make", [], 10, { files: { inputs: [], outputs: [file] } }),
      task("use", [0], 10, inputs),
      task("use too", [0], 10, inputs),
    ];
    const operators = ["a", "b"].map((id) => simOperator({ id, cores: 1, memoryMb: 1 }));
    const options = { workflows: [{ name: "w", tasks }], operators, seed: 1 };
    const alone = simulate({ ...options, operators: [operators[0]!], policy: "froben" });
    expect(alone.makespan).to.equal(30);
    // Fetching takes as long as two tasks: whoever has the file does both.
    const { attempts, decisions, makespan } = simulate({ ...options, policy: "froben" });
    expect(makespan).to.equal(30);
    expect(new Set(attempts.map(({ operator }) => operator)).size).to.equal(1);
    for (const decision of decisions) expect(choose(decision)!.choice).to.equal(decision.choice);
    expect(decisions.some(({ candidates }) => candidates.some(({ fetchMs }) => fetchMs))).to.equal(true); // prettier-ignore
    // First come, first served: both start at once.
    expect(simulate({ ...options, policy: "fifo" }).makespan).to.equal(40);
  });

  it("of what chains hand on are fewer when the market knows who has it", () => {
    const seeds = [1, 2, 3, 4];
    const mean = (known: boolean) =>
      seeds.reduce((sum, seed) => sum + chainSeconds("2 GB", known, seed), 0) / seeds.length;
    expect(mean(true) / mean(false)).to.be.below(0.85);
  });

  it("of what all tasks share leave no machine without work", () => {
    const file = { key: "f", bytes: 1e9 };
    const run = (known: boolean) => {
      const inputs = { files: { inputs: [file], outputs: [] } };
      const sized = known ? { inputBytes: file.bytes, ...inputs } : inputs;
      const uses = Array.from({ length: 60 }, (_, i) => task(String(i), [0], 40 + (i % 7), sized));
      const tasks = [task("make", [], 10, { files: { inputs: [], outputs: [file] } }), ...uses];
      const operators = Array.from({ length: 8 }, (_, i) =>
        simOperator({ id: `m${i}`, cores: 1, memoryMb: 1, speed: 1 + (i % 3) / 2 }),
      );
      return simulate({ workflows: [{ name: "w", tasks }], operators, seed: 1, policy: "froben" });
    };
    expect(run(true).makespan).to.be.at.most(1.01 * run(false).makespan!);
  });

  it("that take a moment change nothing", () => {
    expect(chainSeconds("1 MB", true, 1)).to.equal(chainSeconds("1 MB", false, 1));
  });
});
