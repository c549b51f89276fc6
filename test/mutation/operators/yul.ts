import { rangeOf, textOf, type Node, type Site } from "../ast";
import type { Edit } from "../source-text";
import type { Operator } from "./operator";

const CALLS: Record<string, string> = {
  add: "sub",
  sub: "add",
  mul: "div",
  div: "mul",
  mod: "mul",
  lt: "gt",
  gt: "lt",
  slt: "sgt",
  sgt: "slt",
  and: "or",
  or: "and",
  xor: "and",
  shl: "shr",
  shr: "shl",
};

function swapCall({ node, source }: Site): Edit[] {
  if (node.nodeType !== "YulFunctionCall") return [];
  const name: string = node.functionName.name;
  if (CALLS[name]) return [{ ...rangeOf(node.functionName), text: CALLS[name] }];
  if (name === "eq") return [{ ...rangeOf(node), text: `iszero(${textOf(node, source)})` }];
  if (name === "iszero" || name === "not")
    return [{ ...rangeOf(node), text: textOf(node.arguments[0], source) }];
  return [];
}

function changeNumber({ node, source }: Site): Edit[] {
  if (node.nodeType !== "YulLiteral" || node.kind !== "number") return [];
  const text = textOf(node, source);
  const value = BigInt(text);
  const write = (n: bigint) => (text.startsWith("0x") ? `0x${n.toString(16)}` : String(n));
  const wanted = value > 0n ? [value - 1n, value + 1n] : [1n];
  return wanted.filter((n) => n < 1n << 256n).map((n) => ({ ...rangeOf(node), text: write(n) }));
}

function dropStatement({ node, parents }: Site): Edit[] {
  const inHeader =
    parents.at(-2)?.nodeType === "YulForLoop" && (parents.at(-2) as Node).body !== parents.at(-1);
  const droppable = ["YulExpressionStatement", "YulAssignment", "YulIf"].includes(node.nodeType);
  return droppable && !inHeader ? [{ ...rangeOf(node), text: "" }] : [];
}

/** Operators inside inline assembly. */
export const yulOperators: Operator[] = [
  { name: "yul call", mutate: swapCall },
  { name: "yul number", mutate: changeNumber },
  { name: "yul statement", mutate: dropStatement },
];
