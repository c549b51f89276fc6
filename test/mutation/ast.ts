/** A node of solc's syntax tree (Solidity or Yul); the fields that an operator reads are looked up by name. */
export interface Node {
  nodeType: string;
  /** `start:length:file`, in bytes of the source. */
  src: string;
  id?: number;
  // The tree has some eighty kinds of nodes.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  [field: string]: any;
}

/** A half-open range of bytes of a source. */
export interface Range {
  start: number;
  end: number;
}

/** A node where a mutation may happen, with what encloses it. */
export interface Site {
  node: Node;
  /** From the source unit down to the node's parent. */
  parents: Node[];
  source: Buffer;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

export function rangeOf(node: Node): Range {
  const [start, length] = node.src.split(":").map(Number) as [number, number];
  return { start, end: start + length };
}

export function textOf(node: Node, source: Buffer): string {
  const { start, end } = rangeOf(node);
  return source.toString("utf8", start, end);
}

/** @returns the child nodes that sit in one field */
function inField(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(inField);
  return isNode(value) ? [value] : [];
}

export function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap(inField);
}

/** Every node of a tree, the root first. */
export function* nodesOf(root: Node): Generator<Node> {
  yield root;
  for (const child of childrenOf(root)) yield* nodesOf(child);
}

/** An expression without the brackets around it. */
export function unwrapped(node: Node): Node {
  const only = node.nodeType === "TupleExpression" && node.components.length === 1;
  return only && !node.isInlineArray && isNode(node.components[0])
    ? unwrapped(node.components[0])
    : node;
}

/** Kinds of nodes that hold no behaviour: types, documentation, declarations of events and errors, and what events report. */
const SILENT = new Set([
  "StructuredDocumentation",
  "ParameterList",
  "EventDefinition",
  "ErrorDefinition",
  "StructDefinition",
  "EnumDefinition",
  "ImportDirective",
  "PragmaDirective",
  "UsingForDirective",
  "InheritanceSpecifier",
  "OverrideSpecifier",
  "EmitStatement",
]);
const isType = (node: Node) =>
  node.nodeType.endsWith("TypeName") || node.typeDescriptions?.typeString?.startsWith("type(");

/** The children that a mutation may touch: arguments of errors are left out, a caller can't act on them. */
function liveChildren(node: Node): Node[] {
  if (node.nodeType === "RevertStatement") return [];
  if (node.nodeType === "FunctionCall" && node.expression.name === "require")
    return [node.arguments[0]];
  return childrenOf(node).filter((child) => !SILENT.has(child.nodeType) && !isType(child));
}

/** Every place of a source where an operator may act, in the order of the text. */
export function* sitesOf(node: Node, source: Buffer, parents: Node[] = []): Generator<Site> {
  yield { node, parents, source };
  const below = [...parents, node];
  for (const child of liveChildren(node)) yield* sitesOf(child, source, below);
}
