import type { CompilerInput } from "hardhat/types";
import { childrenOf, parse, type Node } from "./ast";
import { instrument } from "./instrument";
import type { Point } from "./points";

/** Every point of the contracts compiled so far in this process. */
export const points: Point[] = [];

const done = new Map<string, string>();

/** The project's own contracts, without those that only tests use. */
const isOurs = (name: string): boolean =>
  name.startsWith("contracts/") && !name.startsWith("contracts/test/");

/** Puts marks into the sources of a compiler input. A source that is in several inputs is marked once. */
export function instrumentInput(input: CompilerInput): CompilerInput {
  const trees = parse(input.sources);
  const sources = { ...input.sources };
  for (const name of Object.keys(sources).filter(isOurs).sort()) {
    const marked = done.get(name) ?? instrument(name, sources[name]!.content, trees[name]!, points);
    done.set(name, marked);
    sources[name] = { content: marked };
  }
  return { ...input, sources, settings: { ...input.settings, libraries: addresses(trees) } };
}

/**
 * Unoptimized code mentions the address of each library that it names, even of those that have no code of their own because all their
 * functions are internal: they get an address that nobody uses.
 */
function addresses(trees: Record<string, Node>): Record<string, Record<string, string>> {
  const isInternal = ({ visibility }: Node) =>
    visibility === "internal" || visibility === "private";
  const withoutCode = (node: Node): boolean =>
    node.contractKind === "library" &&
    childrenOf(node).every((child) => child.nodeType !== "FunctionDefinition" || isInternal(child));
  return Object.fromEntries(
    Object.entries(trees).map(([file, tree]) => [
      file,
      Object.fromEntries(
        childrenOf(tree)
          .filter(withoutCode)
          .map(({ name }) => [name as string, `0x${"11".repeat(20)}`]),
      ),
    ]),
  );
}
