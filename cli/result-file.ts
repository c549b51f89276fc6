import { closeSync, openSync, writeSync } from "node:fs";
import type { Simulation } from "../offchain/simulate/result";

const LINES_AT_ONCE = 4_096;

/** Writes a simulation's result as JSON, its long lists a line for each item: as one text it could be too long. */
export function writeResult(path: string, result: Simulation): void {
  const { attempts, decisions, ...rest } = result;
  const file = openSync(path, "w");
  const list = (name: string, items: readonly object[]) => {
    writeSync(file, `,\n  "${name}": [`);
    for (let from = 0; from < items.length; from += LINES_AT_ONCE) {
      const some = items.slice(from, from + LINES_AT_ONCE).map((item) => JSON.stringify(item));
      writeSync(file, `${from > 0 ? "," : ""}\n    ${some.join(",\n    ")}`);
    }
    writeSync(file, items.length > 0 ? "\n  ]" : "]");
  };
  try {
    writeSync(file, JSON.stringify(rest, null, 2).slice(0, -2));
    list("attempts", attempts);
    list("decisions", decisions);
    writeSync(file, "\n}\n");
  } finally {
    closeSync(file);
  }
}
