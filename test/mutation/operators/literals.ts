import { rangeOf, textOf, type Site } from "../ast";
import type { Edit } from "../source-text";
import type { Operator } from "./operator";

/** One more, and one less if that is not below zero. */
function neighbours(text: string, value: bigint): string[] {
  const plain = /^\d+$/.test(text);
  const write = (by: 1 | -1) =>
    plain ? String(value + BigInt(by)) : `(${text} ${by > 0 ? "+" : "-"} 1)`;
  return value > 0n ? [write(-1), write(1)] : [write(1)];
}

function changeLiteral({ node, source }: Site): Edit[] {
  if (node.nodeType !== "Literal") return [];
  const range = rangeOf(node);
  const text = textOf(node, source);
  if (node.kind === "bool") return [{ ...range, text: String(text !== "true") }];
  // Not addresses, which are no numbers, nor fractions.
  if (node.kind !== "number" || !node.typeDescriptions.typeString.startsWith("int_const"))
    return [];
  return neighbours(text, /^0x|^\d+$/.test(node.value) ? BigInt(node.value) : 1n).map((to) => ({
    ...range,
    text: to,
  }));
}

export const literalOperators: Operator[] = [{ name: "literal", mutate: changeLiteral }];
