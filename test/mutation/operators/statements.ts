import { rangeOf, textOf, type Node, type Site } from "../ast";
import { wholeStatement, type Edit } from "../source-text";
import type { Operator } from "./operator";

const only = (body: Node): Node | undefined =>
  body.nodeType !== "Block" ? body : body.statements.length === 1 ? body.statements[0] : undefined;

const calls = (node: Node, names: string[]) =>
  node.nodeType === "ExpressionStatement" &&
  node.expression.nodeType === "FunctionCall" &&
  names.includes(node.expression.expression.name);

/** Whether a statement leaves: the function, the loop or the transaction. */
const leaves = (node: Node) =>
  ["RevertStatement", "Return", "Break", "Continue"].includes(node.nodeType) ||
  calls(node, ["revert"]);

/** Whether a node is `if (…) revert …;` or the like. */
function isGuard(node: Node): boolean {
  if (node.nodeType !== "IfStatement" || node.falseBody) return false;
  const body = only(node.trueBody);
  return body !== undefined && leaves(body);
}

/** Deletes a statement; `else` and `if` need something in its place. The semicolon of a for loop's header stays. */
function deletion({ node, source }: Site): Edit {
  return { ...wholeStatement(source, rangeOf(node)), text: "{}" };
}

function dropGuard(site: Site): Edit[] {
  const { node, parents } = site;
  if (isGuard(node) || calls(node, ["require", "assert"])) return [deletion(site)];
  const bareRevert = node.nodeType === "RevertStatement" || calls(node, ["revert"]);
  // Inside a guard, the whole guard goes.
  if (bareRevert && !parents.slice(-2).some(isGuard)) return [deletion(site)];
  if (node.nodeType === "ModifierInvocation" && node.kind === "modifierInvocation")
    return [{ ...rangeOf(node), text: "" }];
  return [];
}

function dropStatement(site: Site): Edit[] {
  const { node, parents } = site;
  const parent = parents.at(-1);
  if (node.nodeType !== "ExpressionStatement") return [];
  if (calls(node, ["require", "assert", "revert"])) return [];
  // Without its step, a loop ends only when the gas does.
  if (parent?.nodeType === "ForStatement" && parent.body !== node) return [];
  return [deletion(site)];
}

/** `return (a, b)` becomes `return (b, a)`, for each two neighbours; what does not compile is sorted out later. */
function swapReturned({ node, source }: Site): Edit[] {
  const tuple = node.nodeType === "Return" ? node.expression : undefined;
  if (tuple?.nodeType !== "TupleExpression" || tuple.components.length < 2) return [];
  const parts: Node[] = tuple.components;
  return parts.slice(1).map((right, i) => {
    const left = parts[i]!;
    const [from, to] = [rangeOf(left), rangeOf(right)];
    const between = source.toString("utf8", from.end, to.start);
    return {
      start: from.start,
      end: to.end,
      text: textOf(right, source) + between + textOf(left, source),
    };
  });
}

export const statementOperators: Operator[] = [
  { name: "guard", mutate: dropGuard },
  { name: "statement", mutate: dropStatement },
  { name: "returned", mutate: swapReturned },
];
