import type { Node } from "../../mutation/ast";
import type { Units } from "../../mutation/dependencies";
import { mutantsOf, type Mutant } from "../../mutation/mutants";
import { applyEdit } from "../../mutation/source-text";

const solc = require("solc") as { compile(input: string): string };

const HEAD = "// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.30;\n";

/** @returns the sources with a licence and a pragma, by path */
export const withHeads = (sources: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(sources).map(([file, text]) => [file, HEAD + text]));

/** Parses sources with the real compiler. @throws Error with its first complaint */
export function parse(sources: Record<string, string>): Units {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(
      Object.entries(withHeads(sources)).map(([file, content]) => [file, { content }]),
    ),
    settings: { outputSelection: { "*": { "": ["ast"] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as {
    errors?: { severity: string; formattedMessage: string }[];
    sources: Record<string, { ast: Node }>;
  };
  const error = output.errors?.find((one) => one.severity === "error");
  if (error) throw new Error(error.formattedMessage);
  return Object.fromEntries(Object.entries(output.sources).map(([file, { ast }]) => [file, ast]));
}

/** @returns the mutants of one source */
export function mutantsIn(text: string): Mutant[] {
  const unit = parse({ "A.sol": text })["A.sol"]!;
  return mutantsOf("A.sol", Buffer.from(HEAD + text), unit);
}

/** @returns the mutants of one function's body, as the whole lines that they write */
export function linesOf(operator: string, line: string, more = ""): string[] {
  const text = `contract A { uint256 s; error E(uint256 x); event L(uint256 x); ${more}\nfunction f(uint256 a, uint256 b, bool c, bool d) internal returns (uint256 r, uint256 q) {\n${line}\n} }\n`;
  return mutantsIn(text)
    .filter((mutant) => mutant.operator === operator && mutant.line === 5)
    .map((mutant) => {
      // What the operator wrote must at least parse.
      const edited = applyEdit(Buffer.from(HEAD + text), mutant.edit).toString();
      parse({ "A.sol": edited.slice(HEAD.length) });
      return mutant.mutated;
    });
}
