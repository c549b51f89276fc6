import type { Lane, LaneTerms, ReadyTask } from "../runtime/ready-queue";

const kinds = new WeakMap<LaneTerms, string>();

/** What lanes have in common whose tasks are all the same to an operator. */
export function kindOf(terms: LaneTerms): string {
  let kind = kinds.get(terms);
  if (kind === undefined) {
    const { program, ceiling, bond, runSeconds, sized } = terms;
    const all = [program, needOf(terms), ceiling, bond, runSeconds];
    if (sized) all.push(`size ${sized.sizeClass}`);
    kinds.set(terms, (kind = all.join("/")));
  }
  return kind;
}

const needs = new WeakMap<LaneTerms, string>();

/** What lanes have in common whose tasks need the same of a machine. */
export function needOf(terms: LaneTerms): string {
  let need = needs.get(terms);
  if (need === undefined) {
    const { cores, memoryMb, gpus, vramMb } = terms.resources;
    needs.set(terms, (need = [cores, memoryMb, gpus, vramMb].join("/")));
  }
  return need;
}

/** Both of a lane: a run of the matcher asks for those of every lane. */
export function alikeOf<T extends ReadyTask>(lane: Lane<T>): NonNullable<Lane["alike"]> {
  return (lane.alike ??= { kind: kindOf(lane.terms), need: needOf(lane.terms) });
}
