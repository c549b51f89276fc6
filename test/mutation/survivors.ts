import { readFileSync } from "node:fs";
import type { Mutant } from "./mutants";

/** A mutant that lives and may: named by what it does to which function, so that it survives a change of line numbers. */
export interface Accepted {
  file: string;
  function: string;
  original: string;
  mutated: string;
  /** Why no test can or should kill it. */
  reason: string;
}

export const readAccepted = (path: string): Accepted[] =>
  JSON.parse(readFileSync(path, "utf8")) as Accepted[];

const matches = (entry: Accepted, mutant: Mutant) =>
  (["file", "function", "original", "mutated"] as const).every(
    (field) => entry[field] === mutant[field],
  );

/** @returns the entry that accepts a mutant */
export const acceptance = (accepted: Accepted[], mutant: Mutant): Accepted | undefined =>
  accepted.find((entry) => matches(entry, mutant));

/** @returns entries of a file whose mutant no longer exists: the code has changed, so the reason wants another look */
export const staleEntries = (accepted: Accepted[], all: Mutant[]): Accepted[] =>
  accepted.filter((entry) => !all.some((mutant) => matches(entry, mutant)));
