import { expect } from "chai";
import { dependenciesIn, importClosure } from "../../mutation/dependencies";
import { parse } from "./parse";

const SOURCES = {
  "Lib.sol":
    "type T is uint256; using TLib for T global;\n" +
    "library TLib { function next(T t) internal pure returns (T) { return T.wrap(T.unwrap(t) + Limits.ONE); } }\n" +
    "library Limits { uint256 internal constant ONE = 1; }\nlibrary Alone { function x() internal pure {} }",
  "free.sol": "function twice(uint256 a) pure returns (uint256) { return 2 * a; }",
  "Base.sol":
    'import {T} from "Lib.sol"; abstract contract Base { function f(T t) public pure returns (T) { return t.next(); } }',
  "A.sol":
    'import {Base} from "Base.sol"; import {twice} from "free.sol"; contract A is Base { uint256 public s = twice(4); }',
  "B.sol":
    'import {A} from "A.sol"; contract B { function g(A a) external view returns (uint256) { return a.s(); } }\ncontract C {}',
};

describe("what a contract's code depends on", () => {
  const units = parse(SOURCES);
  const holds = dependenciesIn(units);

  it("follows base contracts, methods of types, constants and free functions", () => {
    expect([...holds("A.sol:A")]).to.have.members([
      "A.sol:A",
      "Base.sol:Base",
      "Lib.sol:T",
      "Lib.sol:TLib",
      "Lib.sol:Limits",
      "free.sol:twice",
    ]);
  });

  it("leaves out neighbours in the same source", () => {
    expect([...holds("B.sol:C")]).to.deep.equal(["B.sol:C"]);
  });

  it("knows which sources a source needs", () => {
    expect(importClosure(units, "A.sol")).to.have.members([
      "A.sol",
      "Base.sol",
      "Lib.sol",
      "free.sol",
    ]);
  });
});
