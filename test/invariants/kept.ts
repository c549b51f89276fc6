import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Failure } from "./forge";

const file = join(__dirname, "failing-seeds.json");

/** The failures that were ever found: their sequences and seeds are tried before anything else. */
export function keptFailures(): Failure[] {
  return JSON.parse(readFileSync(file, "utf8")) as Failure[];
}

/** Adds a failure to the committed file, unless its sequence is there. */
export function keep(failure: Failure): void {
  const kept = keptFailures();
  if (kept.some(({ calls }) => calls.join() === failure.calls.join())) return;
  writeFileSync(file, `${JSON.stringify([...kept, failure], null, 2)}\n`);
}
