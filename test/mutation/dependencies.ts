import { nodesOf, type Node } from "./ast";

/** Syntax trees of one compilation, by source path. */
export type Units = Record<string, Node>;

/** Fields in which a node names what it uses, by id. */
function usesOf(node: Node): number[] {
  const fields = [node.referencedDeclaration, node.function, node.linearizedBaseContracts];
  const assembly = node.externalReferences?.map((one: { declaration: number }) => one.declaration);
  return [fields, assembly ?? []].flat(2).filter((id) => typeof id === "number");
}

/** @returns `path:name` of a contract, library, free function or whatever else stands at the top of a source */
export const definitionKey = (file: string, name: string) => `${file}:${name}`;

/**
 * What the definitions of a compilation are made of.
 * @returns a function from `path:name` to every `path:name` whose code it holds or may hold, itself included
 */
export function dependenciesIn(units: Units): (key: string) => Set<string> {
  const ownerOf = new Map<number, string>();
  const usedBy = new Map<string, Set<number>>();
  for (const [file, unit] of Object.entries(units))
    for (const top of unit.nodes as Node[]) {
      if (!top.name) continue;
      const key = definitionKey(file, top.name);
      const uses = usedBy.get(key) ?? new Set();
      usedBy.set(key, uses);
      for (const node of nodesOf(top)) {
        if (node.id !== undefined) ownerOf.set(node.id, key);
        for (const id of usesOf(node)) uses.add(id);
      }
    }
  return (key) => {
    const found = new Set([key]);
    // A set that grows while it is walked: the walk reaches what is added.
    for (const one of found)
      for (const id of usedBy.get(one) ?? []) {
        const owner = ownerOf.get(id);
        if (owner) found.add(owner);
      }
    return found;
  };
}

/** @returns the sources that a source needs to compile, itself included */
export function importClosure(units: Units, file: string): string[] {
  const found = new Set([file]);
  for (const one of found)
    for (const node of units[one]!.nodes as Node[])
      if (node.nodeType === "ImportDirective") found.add(node.absolutePath);
  return [...found];
}
