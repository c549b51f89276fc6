import { rangeOf, textOf, unwrapped, type Node, type Site } from "../ast";
import { wholeStatement, type Edit } from "../source-text";
import type { Operator } from "./operator";

/** @returns the condition that a node branches on or answers with */
function conditionOf(node: Node): Node | undefined {
  if (node.nodeType === "Return")
    return node.expression?.typeDescriptions?.typeString === "bool" ? node.expression : undefined;
  if (node.nodeType === "FunctionCall")
    return ["require", "assert"].includes(node.expression.name) ? node.arguments[0] : undefined;
  return node.condition?.nodeType.startsWith("Yul") ? undefined : node.condition;
}

/** Turns a condition round, unless other operators do: comparisons, `&&` and `||` have their own. */
function negate({ node, source }: Site): Edit[] {
  const condition = conditionOf(node);
  if (!condition) return [];
  const bare = unwrapped(condition);
  if (bare.nodeType === "BinaryOperation" || bare.nodeType === "Literal") return [];
  const negated = bare.nodeType === "UnaryOperation" && bare.operator === "!";
  const text = negated ? textOf(bare.subExpression, source) : `!(${textOf(bare, source)})`;
  return [{ ...rangeOf(bare), text }];
}

/** Takes the `else` away. */
function dropElse({ node, source }: Site): Edit[] {
  if (node.nodeType !== "IfStatement" || !node.falseBody) return [];
  // As an empty block, so that nothing hangs on whether the other branch has braces.
  return [{ ...wholeStatement(source, rangeOf(node.falseBody)), text: "{}" }];
}

export const conditionOperators: Operator[] = [
  { name: "condition", mutate: negate },
  { name: "else", mutate: dropElse },
];
