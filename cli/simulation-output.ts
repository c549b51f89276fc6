import { closeSync, openSync, writeSync } from "node:fs";
import type { SimAttempt, Simulation, SimulationOptions } from "../offchain/simulate/result";

const ITEMS_AT_ONCE = 256;

/** Where what a simulation writes down goes. */
export interface SimulationOutput {
  onDecision: NonNullable<SimulationOptions["onDecision"]>;
  /** Undefined: the result shall have them. */
  onAttempt: SimulationOptions["onAttempt"];
  /** Writes what is left. @returns how many attempts there were, and how many of them were not done */
  end(result: Simulation): { attempts: number; failed: number };
}

/** @param out writes a part of the text; called again and again */
interface Target {
  out: (text: string) => void;
  close?: () => void;
}

/**
 * Writes decisions and results as they come about: as one text they could be too long, and all decisions more than there is memory.
 * @param decisions path of a file of JSON lines that gets the decisions, so that no result has them
 * @param results path of the file that gets the result as JSON
 * @param screen gets that too
 * @param keepsAttempts whether somebody looks at the result's attempts
 */
export async function simulationOutput({
  decisions,
  results,
  screen,
  keepsAttempts,
}: {
  decisions?: string | undefined;
  results?: string | undefined;
  screen?: ((text: string) => void) | undefined;
  keepsAttempts: boolean;
}): Promise<SimulationOutput> {
  const { decisionLine } = await import("../offchain/simulate/replay/line");
  const targets: Target[] = [];
  if (results !== undefined) targets.push(fileOf(results));
  if (screen) targets.push({ out: screen });
  const writers = targets.map((target) => new ResultWriter(target));
  const lines = decisions === undefined ? undefined : new Batch(fileOf(decisions), "");
  const takers = lines ? [lines] : writers.map((writer) => writer.decisions);
  const tally = { attempts: 0, failed: 0 };
  const count = ({ outcome }: SimAttempt) => {
    tally.attempts++;
    if (outcome !== "done") tally.failed++;
  };
  return {
    onDecision(decision) {
      if (takers.length === 0) return;
      const line = decisionLine(decision);
      for (const taker of takers) taker.add(lines ? line : line.trimEnd());
    },
    onAttempt: keepsAttempts || writers.length > 0 ? undefined : count,
    end(result) {
      lines?.end();
      for (const writer of writers) writer.end(result);
      result.attempts.forEach(count);
      return tally;
    },
  };
}

function fileOf(path: string): Target {
  const file = openSync(path, "w");
  return { out: (text) => void writeSync(file, text), close: () => closeSync(file) };
}

/** Texts that are written many at once. */
class Batch {
  private texts: string[] = [];
  private isFirst = true;

  constructor(
    private readonly target: Target,
    private readonly between: string,
    private readonly before = "",
  ) {}

  add(text: string): void {
    this.texts.push(`${this.isFirst ? this.before : this.between}${text}`);
    this.isFirst = false;
    if (this.texts.length >= ITEMS_AT_ONCE) this.flush();
  }

  /** @returns whether anything was added */
  flush(): boolean {
    if (this.texts.length > 0) this.target.out(this.texts.join(""));
    this.texts = [];
    return !this.isFirst;
  }

  end(): void {
    this.flush();
    this.target.close?.();
  }
}

/** A result as JSON: its long lists first, a line for each item, as they come about before the rest is known. */
class ResultWriter {
  readonly decisions: Batch;

  constructor(private readonly target: Target) {
    this.decisions = this.list("{", "decisions");
  }

  end({ attempts, decisions: _, ...rest }: Simulation): void {
    const { out, close } = this.target;
    out(this.decisions.flush() ? "\n  ]" : '{\n  "decisions": []');
    const list = this.list(",", "attempts");
    for (const attempt of attempts) list.add(JSON.stringify(attempt));
    out(list.flush() ? "\n  ]" : ',\n  "attempts": []');
    out(`,${JSON.stringify(rest, null, 2).slice(1)}\n`);
    close?.();
  }

  private list(before: string, name: string): Batch {
    return new Batch(this.target, ",\n    ", `${before}\n  "${name}": [\n    `);
  }
}
