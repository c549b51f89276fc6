import { closeSync, openSync, writeSync } from "node:fs";
import type { SimulationOptions } from "../offchain/simulate/result";

const LINES_AT_ONCE = 256;

/** Takes decisions as they are made. */
export interface DecisionSink {
  /** Undefined: the result shall have them. */
  take: SimulationOptions["onDecision"];
  end(): void;
}

/**
 * Where a simulation's decisions go: into a file as they are made, into the result, or nowhere.
 * @param path of a file of JSON lines, if they are to be in one
 * @param kept whether somebody sees those of the result
 */
export async function decisionSink(path: string | undefined, kept: boolean): Promise<DecisionSink> {
  if (path === undefined) return { take: kept ? undefined : () => {}, end: () => {} };
  const { decisionLine } = await import("../offchain/simulate/replay/line");
  const file = openSync(path, "w");
  let lines: string[] = [];
  const write = () => {
    writeSync(file, lines.join(""));
    lines = [];
  };
  return {
    take(decision) {
      lines.push(decisionLine(decision));
      if (lines.length >= LINES_AT_ONCE) write();
    },
    end() {
      write();
      closeSync(file);
    },
  };
}
