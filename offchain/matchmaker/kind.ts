import type { Alike, LaneTerms, ReadyTask, Turn } from "../runtime/ready-queue";

/** Names that are kept. */
const MOST_NAMES = 10_000;
const names = new Map<string, string>();

/** @returns always the same string for equal ones: maps then find it without a look at what is in it */
function theSame(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size === MOST_NAMES) names.clear();
  names.set(name, name);
  return name;
}

const kinds = new WeakMap<LaneTerms, string>();

/** What lanes have in common whose tasks are all the same to an operator. */
export function kindOf(terms: LaneTerms): string {
  let kind = kinds.get(terms);
  if (kind === undefined) {
    const { program, ceiling, bond, runSeconds, sized } = terms;
    const all = [program, needOf(terms), ceiling, bond, runSeconds];
    if (sized) all.push(`size ${sized.sizeClass}`);
    kinds.set(terms, (kind = theSame(all.join("/"))));
  }
  return kind;
}

const needs = new WeakMap<LaneTerms, string>();

/** What lanes have in common whose tasks need the same of a machine. */
export function needOf(terms: LaneTerms): string {
  let need = needs.get(terms);
  if (need === undefined) {
    const { cores, memoryMb, gpus, vramMb } = terms.resources;
    needs.set(terms, (need = theSame([cores, memoryMb, gpus, vramMb].join("/"))));
  }
  return need;
}

/**
 * Both of a lane in its turn: a run of the matcher asks for those of every lane. A workflow that prefers money to time has operators of its own
 * that suffice, so that its lanes are like none of another's.
 */
export function alikeOf<T extends ReadyTask>(turn: Turn<T>): Alike {
  if (turn.alike) return turn.alike;
  const { terms } = turn.lane;
  const kind = kindOf(terms);
  const { workflow, withinSeconds } = terms;
  const own = withinSeconds === undefined ? kind : theSame(`${kind}/workflow ${workflow}`);
  return (turn.alike = { kind: own, need: needOf(terms) });
}
