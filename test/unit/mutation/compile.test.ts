import { expect } from "chai";
import { compile, NotCompiled, sameCode } from "../../mutation/compile";
import type { Plan } from "../../mutation/plan";
import type { Edit } from "../../mutation/source-text";
import { withHeads } from "./parse";

const sources = withHeads({
  "A.sol":
    'import {I} from "I.sol"; contract A is I { function f(uint256 a) external pure returns (uint256) { return a + 1; } } // end',
  "I.sol": "interface I { function f(uint256 a) external pure returns (uint256); }",
});
const text = sources["A.sol"]!;

const plan: Plan = {
  solc: "",
  targets: [
    {
      name: "A.sol:A",
      source: "A.sol",
      contract: "A",
      artifact: "",
      build: "one",
      sources: ["A.sol", "I.sol"],
      holds: ["A.sol:A"],
    },
  ],
  inputs: {
    one: {
      language: "Solidity",
      sources: Object.fromEntries(
        Object.entries(sources).map(([file, content]) => [file, { content }]),
      ),
      settings: { optimizer: { enabled: true }, outputSelection: {} },
    },
  },
};
const target = plan.targets[0]!;
const replace = (from: string, to: string): Edit => ({
  start: text.indexOf(from),
  end: text.indexOf(from) + from.length,
  text: to,
});
const mutant = (from: string, to: string) =>
  compile(plan, target, { file: "A.sol", edit: replace(from, to) }).code;

describe("compiling a mutant", () => {
  const { code } = compile(plan, target);

  it("gives other code for another meaning", () => {
    expect(sameCode(mutant("a + 1", "a - 1"), code)).to.equal(false);
  });

  it("gives the same code where only the text differs", () => {
    expect(sameCode(mutant("// end", "// END"), code)).to.equal(true);
    expect(sameCode(mutant("a + 1", "1 + a"), code)).to.equal(true);
  });

  it("says what the compiler refuses", () => {
    expect(() => mutant("a + 1", "a + true")).to.throw(NotCompiled, "cannot be applied");
  });

  it("describes every contract that it needs, so that Hardhat can explain a revert", () => {
    const { output } = compile(plan, target).explanation;
    expect(output.contracts["I.sol"]!.I!.evm.bytecode.object).to.equal("");
    expect(Object.keys(output.sources)).to.have.members(["A.sol", "I.sol"]);
  });
});
