import { expect } from "chai";
import { network } from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../mutation/compile";
import type { Plan } from "../../mutation/plan";
import { Workbench } from "../../mutation/workbench";
import { withHeads } from "./parse";

const SOURCE = withHeads({ "A.sol": "contract A { uint256 public constant ONE = 1; }" })["A.sol"]!;

const plan: Plan = {
  solc: "0.8.30+commit.73712a01",
  targets: [
    {
      name: "A.sol:A",
      source: "A.sol",
      contract: "A",
      artifact: "A.json",
      build: "one",
      sources: ["A.sol"],
      holds: ["A.sol:A"],
    },
  ],
  inputs: {
    one: {
      language: "Solidity",
      sources: { "A.sol": { content: SOURCE } },
      settings: { optimizer: { enabled: true }, outputSelection: {} },
    },
  },
};

describe("a mutant's workbench", () => {
  const root = mkdtempSync(join(tmpdir(), "froben-workbench-"));
  after(() => rmSync(root, { recursive: true, force: true }));

  it("puts the mutant's code into the artifact, and the artifact back to the last byte", async () => {
    const path = join(root, "A.json");
    // With its metadata, as Hardhat compiled it and knows it.
    const artifact = JSON.stringify({ contractName: "A", bytecode: "0x60aa", linkReferences: {} });
    writeFileSync(path, artifact);
    const hre = { config: { paths: { root } }, network } as HardhatRuntimeEnvironment;
    const { code } = compile(plan, plan.targets[0]!);
    const start = SOURCE.indexOf("= 1;") + 2;
    const change = { file: "A.sol", edit: { start, end: start + 1, text: "2" } };
    const bench = new Workbench(hre, plan, { "A.sol:A": code }, change);
    await bench.prepare(["A.sol:A"]);
    const mutated = compile(plan, plan.targets[0]!, change).code;
    expect(JSON.parse(readFileSync(path, "utf8"))).to.deep.equal({ contractName: "A", ...mutated });
    bench.restore();
    expect(readFileSync(path, "utf8")).to.equal(artifact);
  });
});
