import { expect } from "chai";
import { linesOf, mutantsIn } from "./parse";

describe("mutation operators", () => {
  const cases: [string, string, string[]][] = [
    ["relational", "c = a < b;", ["c = a <= b;", "c = a >= b;"]],
    ["relational", "c = a == b;", ["c = a != b;"]],
    ["relational", "c = a /* < */ >= b;", ["c = a /* < */ > b;", "c = a /* < */ < b;"]],
    ["arithmetic", "r = (a + b) * a;", ["r = (a + b) / a;", "r = (a - b) * a;"]],
    ["arithmetic", "r += a % b;", ["r -= a % b;", "r += a * b;"]],
    ["bitwise", "r = a & b;", ["r = a | b;"]],
    ["bitwise", "r <<= a;", ["r >>= a;"]],
    ["logical", "c = c && d;", ["c = c || d;"]],
    ["operand", "c = c || d;", ["c = c;", "c = d;"]],
    ["unary", "r = ~a; q++; --q;", ["r = a; q++; --q;", "r = ~a; q--; --q;", "r = ~a; q++; ++q;"]],
    ["condition", "if (c) r = 1;", ["if (!(c)) r = 1;"]],
    ["condition", "require(!c);", ["require(c);"]],
    ["condition", "r = c ? a : b;", ["r = !(c) ? a : b;"]],
    ["else", "if (c) r = 1; else r = 2;", ["if (c) r = 1; else {}"]],
    ["else", "if (c) { r = 1; } else if (d) { r = 2; }", ["if (c) { r = 1; } else {}"]],
    ["guard", "if (c) revert E(a);", ["{}"]],
    ["guard", "if (c) { return (a, b); }", ["{}"]],
    ["guard", "require(c, E(a)); r = a;", ["{} r = a;"]],
    ["else", "if (c) r = a; else revert E(a);", ["if (c) r = a; else {}"]],
    ["statement", "if (c) s = a;", ["if (c) {}"]],
    ["statement", "for (uint256 i = 0; i < a; ++i) s = i;", ["for (uint256 i = 0; i < a; ++i) {}"]],
    ["statement", "emit L(a);", []],
    ["returned", "return (a, b);", ["return (b, a);"]],
    ["literal", "r = 7;", ["r = 6;", "r = 8;"]],
    ["literal", "r = 0;", ["r = 1;"]],
    [
      "literal",
      "r = 0x20 + 1 days;",
      [
        "r = (0x20 - 1) + 1 days;",
        "r = (0x20 + 1) + 1 days;",
        "r = 0x20 + (1 days - 1);",
        "r = 0x20 + (1 days + 1);",
      ],
    ],
    ["literal", "c = true;", ["c = false;"]],
    [
      "yul call",
      "assembly { r := add(a, iszero(b)) }",
      ["assembly { r := sub(a, iszero(b)) }", "assembly { r := add(a, b) }"],
    ],
    ["yul call", "assembly { r := eq(a, b) }", ["assembly { r := iszero(eq(a, b)) }"]],
    ["yul number", "assembly { r := 0x40 }", ["assembly { r := 0x3f }", "assembly { r := 0x41 }"]],
    [
      "yul statement",
      "assembly { if a { revert(0, 0) } r := b }",
      ["assembly { r := b }", "assembly { if a { } r := b }", "assembly { if a { revert(0, 0) } }"],
    ],
  ];
  for (const [operator, line, expected] of cases)
    it(`${operator}: ${line}`, () => {
      expect(linesOf(operator, line)).to.have.members(expected);
    });

  it("leave arguments of errors and events, types, and comments alone", () => {
    const line = "if (c) revert E(a + 1); emit L(a + 1); uint256[4] memory x; // a + 1";
    expect(linesOf("arithmetic", line)).to.deep.equal([]);
    expect(linesOf("literal", line)).to.deep.equal([]);
  });

  it("take modifiers off", () => {
    const mutants = mutantsIn("contract A { modifier m() { _; }\nfunction f() external m {} }");
    expect(mutants.map((mutant) => mutant.mutated)).to.deep.equal(["function f() external {} }"]);
  });

  it("reach constants, free functions and modifiers", () => {
    const mutants = mutantsIn(
      "uint256 constant K = 5;\nfunction g(uint256 a) pure returns (bool) { return a < K; }\n" +
        "contract A { modifier m() { require(g(1)); _; } }",
    );
    expect(new Set(mutants.map((mutant) => mutant.definition))).to.deep.equal(
      new Set(["K", "g", "A"]),
    );
  });

  it("count bytes, not characters, before what they change", () => {
    expect(linesOf("relational", 'string memory e = unicode"é→"; c = a < b;')).to.deep.equal([
      'string memory e = unicode"é→"; c = a <= b;',
      'string memory e = unicode"é→"; c = a >= b;',
    ]);
  });
});
