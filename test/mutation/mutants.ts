import { createHash } from "node:crypto";
import { sitesOf, type Node, type Site } from "./ast";
import { OPERATORS } from "./operators";
import { lineChange, type Edit, type LineChange } from "./source-text";

/** One mistake at one place. */
export interface Mutant extends LineChange {
  /** Stays the same while the function's text does, wherever it moves. */
  id: string;
  /** Path of the source, as the compiler knows it. */
  file: string;
  /** The contract, library or free function that holds it. */
  definition: string;
  /** The innermost function, modifier or constant. */
  function: string;
  operator: string;
  edit: Edit;
}

const TOP = "SourceUnit";
const NAMED = ["FunctionDefinition", "ModifierDefinition", "VariableDeclaration"];

function place({ parents, node }: Site): { definition: string; function: string } {
  const path = [...parents, node];
  const below = path[path.findIndex((one) => one.nodeType === TOP) + 1];
  const named = path.find((one) => NAMED.includes(one.nodeType));
  return {
    definition: below?.name ?? "",
    function: named ? named.name || named.kind || "" : "",
  };
}

const idOf = (parts: unknown[]) =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);

/**
 * @param file path of the source
 * @param source its text
 * @param unit its syntax tree
 * @returns every mutant of a source, in the order of the text
 */
export function mutantsOf(file: string, source: Buffer, unit: Node): Mutant[] {
  const seen = new Set<string>();
  const alike = new Map<string, number>();
  const mutants: Mutant[] = [];
  for (const site of sitesOf(unit, source))
    for (const operator of OPERATORS)
      for (const edit of operator.mutate(site)) {
        const spot = `${edit.start}:${edit.end}:${edit.text}`;
        if (seen.has(spot)) continue;
        seen.add(spot);
        const where = place(site);
        const change = lineChange(source, edit);
        const name = [file, where, operator.name, change.original, change.mutated];
        const nth = alike.get(JSON.stringify(name)) ?? 0;
        alike.set(JSON.stringify(name), nth + 1);
        mutants.push({
          id: idOf([...name, nth]),
          file,
          ...where,
          operator: operator.name,
          edit,
          ...change,
        });
      }
  return mutants;
}

/**
 * @param seed any text; the same one gives the same sample, and a mutant's chance does not depend on the others
 * @returns up to `size` of the mutants, evenly chosen
 */
export function sampleOf(mutants: Mutant[], size: number, seed: string): Mutant[] {
  return mutants
    .map((mutant) => ({ mutant, rank: idOf([seed, mutant.id]) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, size)
    .map(({ mutant }) => mutant);
}
