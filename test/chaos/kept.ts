import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const file = join(__dirname, "failing-seeds.json");

/** A scenario that failed once, with its seed and what was wrong. */
export interface Kept {
  name: string;
  seed: string;
  faults: string[];
}

/** Everything that ever failed: it is played before anything else. */
export const keptFailures = (): Kept[] => JSON.parse(readFileSync(file, "utf8")) as Kept[];

/** Adds a failure to the committed file, unless its scenario and seed are there. */
export function keep({ name, seed, faults }: Kept): void {
  const kept = keptFailures();
  if (kept.some((one) => one.name === name && one.seed === seed)) return;
  writeFileSync(file, `${JSON.stringify([...kept, { name, seed, faults }], null, 2)}\n`);
}
