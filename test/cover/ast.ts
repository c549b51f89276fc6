/** A node of solc's syntax tree; `src` is `start:length:file`, in bytes. */
export interface Node {
  nodeType: string;
  src: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  [field: string]: any;
}

/** @returns first byte of a node, and the one behind its last */
export function spanOf(node: Node): [start: number, end: number] {
  const [start, length] = node.src.split(":").map(Number) as [number, number];
  return [start, start + length];
}

/** @returns the nodes directly below a node */
export function childrenOf(node: Node): Node[] {
  const isNode = (value: unknown): value is Node =>
    typeof value === "object" && value !== null && "nodeType" in value;
  return Object.values(node).flat().filter(isNode);
}

interface SolcOutput {
  errors?: { severity: string; formattedMessage: string }[];
  sources: Record<string, { ast: Node }>;
}

/**
 * Parses sources, without type checks.
 * @param sources by name, with everything that they import
 * @returns the syntax trees by name
 * @throws Error with what the compiler said
 */
export function parse(sources: Record<string, { content: string }>): Record<string, Node> {
  const solc = require("solc") as { compile(input: string): string };
  const settings = { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } };
  const input = JSON.stringify({ language: "Solidity", sources, settings });
  const output = JSON.parse(solc.compile(input)) as SolcOutput;
  const error = output.errors?.find(({ severity }) => severity === "error");
  if (error) throw new Error(error.formattedMessage);
  return Object.fromEntries(Object.entries(output.sources).map(([name, { ast }]) => [name, ast]));
}
