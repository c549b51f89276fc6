import { expect } from "chai";
import fc from "fast-check";
import { FrobenError } from "../../../protocol/errors";
import { parseFaults } from "../../../offchain/simulate/faults";
import { parseOperators } from "../../../offchain/simulate/read/operators";
import { parseStg } from "../../../offchain/simulate/read/stg";
import { parseWfFormat } from "../../../offchain/simulate/read/wfformat";
import { changed } from "../../support/junk";

const wf = {
  name: "w",
  schemaVersion: "1.5",
  workflow: {
    specification: {
      tasks: [
        { id: "a", name: "n", parents: [], children: ["b"], inputFiles: [], outputFiles: ["f"] },
        { id: "b", parents: ["a"], children: [], inputFiles: ["f"], outputFiles: [] },
      ],
      files: [{ id: "f", sizeInBytes: 7 }],
    },
    execution: {
      tasks: [
        { id: "a", runtimeInSeconds: 2, memoryInBytes: 3e6, coreCount: 4 },
        { id: "b", runtimeInSeconds: 5, froben: { gpus: 1 } },
      ],
    },
  },
};
const operators = [
  {
    ...{ id: "gpu", count: 2, cores: 4, memoryMb: 1_024, gpus: 1, vramMb: 8_192, speed: 1.5 },
    ...{ pricePerHour: 1, joinsAt: 0, leavesAt: 100, failureRate: 0.1, slowdown: 2 },
    ...{ invalidRate: 0, silentRate: 0, hangRate: 0, silences: [{ from: 1, to: 2 }] },
  },
  { id: "cpu", cores: 4, memoryMb: 1_024, speed: { default: 1, n: 2 } },
];
const faults = {
  failureRate: 0.1,
  hangRate: 0,
  leave: { count: 1, from: 0, to: 5 },
  slow: { count: 1, factor: 10 },
  silent: { count: 1, from: 0, to: 5, seconds: 3 },
};
const STG = "3\n0 0 0\n1 5 1 0\n2 7 1 0\n3 4 2 1 2\n4 0 1 3\n";

/** Reads, or is refused with an error that says where. */
function isAnswered(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error, (error as Error).stack).instanceOf(FrobenError);
    expect((error as FrobenError).code).to.equal("simulation_file_invalid");
    expect((error as FrobenError).field).to.be.a("string");
  }
}

describe("malformed simulation files", () => {
  const json = { verbose: 0, numRuns: 1_000 };

  it("of WfFormat are read, or refused with the path and the reason", () => {
    fc.assert(
      fc.property(changed(wf), fc.boolean(), (file, withTransfers) =>
        isAnswered(() => parseWfFormat(JSON.stringify(file) ?? "", "f", withTransfers)),
      ),
      json,
    );
  });

  it("of operators and faults are read, or refused with the path and the reason", () => {
    fc.assert(
      fc.property(changed(operators), (file) =>
        isAnswered(() => parseOperators(JSON.stringify(file) ?? "", "f")),
      ),
      json,
    );
    fc.assert(
      fc.property(changed(faults), (file) =>
        isAnswered(() => parseFaults(JSON.stringify(file) ?? "", "f")),
      ),
      json,
    );
  });

  it("of Standard Task Graphs are read, or refused with the line and the reason", () => {
    const words = STG.split(/(\s)/);
    const word = fc.constantFrom("-1", "5", "99", "1e9", "x", "", "#", "0.5", "9".repeat(40), "\n");
    fc.assert(
      fc.property(fc.nat(words.length - 1), word, fc.nat(1), (at, other, gone) => {
        const file = [...words.slice(0, at), other, ...words.slice(at + gone)].join("");
        isAnswered(() => parseStg(file, "f"));
      }),
      json,
    );
  });
});
