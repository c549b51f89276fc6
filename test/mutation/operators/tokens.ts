import { rangeOf, textOf, type Site } from "../ast";
import { tokenRange, type Edit } from "../source-text";
import type { Operator } from "./operator";

/** What stands in for an operator: for comparisons the boundary and the opposite. */
const SWAPS: Record<string, Record<string, string[]>> = {
  relational: {
    "<": ["<=", ">="],
    "<=": ["<", ">"],
    ">": [">=", "<="],
    ">=": [">", "<"],
    "==": ["!="],
    "!=": ["=="],
  },
  arithmetic: { "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["*"], "**": ["*"] },
  bitwise: { "&": ["|"], "|": ["&"], "^": ["&"], "<<": [">>"], ">>": ["<<"] },
  logical: { "&&": ["||"], "||": ["&&"] },
};

/** Swaps the sign of `a + b`, and of `a += b`. */
function swapSign({ node, source }: Site, swaps: Record<string, string[]>): Edit[] {
  const compound = node.nodeType === "Assignment";
  if (!compound && node.nodeType !== "BinaryOperation") return [];
  const sign = compound ? node.operator.slice(0, -1) : node.operator;
  const left = compound ? node.leftHandSide : node.leftExpression;
  return (swaps[sign] ?? []).map((text) => ({
    ...tokenRange(source, rangeOf(left).end, sign),
    text,
  }));
}

const UNARY: Record<string, string> = { "++": "--", "--": "++", "~": "", "-": "" };

function changeUnary({ node }: Site): Edit[] {
  const text = node.nodeType === "UnaryOperation" ? UNARY[node.operator] : undefined;
  if (text === undefined) return [];
  const { start, end } = rangeOf(node);
  const length = node.operator.length;
  return [node.prefix ? { start, end: start + length, text } : { start: end - length, end, text }];
}

/** `a && b` becomes `a`, and `b`. */
function dropOperand({ node, source }: Site): Edit[] {
  if (node.nodeType !== "BinaryOperation" || !SWAPS.logical![node.operator]) return [];
  return [node.leftExpression, node.rightExpression].map((kept) => ({
    ...rangeOf(node),
    text: textOf(kept, source),
  }));
}

/** Operators that change one sign. */
export const tokenOperators: Operator[] = [
  ...Object.entries(SWAPS).map(([name, swaps]) => ({
    name,
    mutate: (site: Site) => swapSign(site, swaps),
  })),
  { name: "unary", mutate: changeUnary },
  { name: "operand", mutate: dropOperand },
];
