import type { Change, Code } from "./compile";
import type { Failure } from "./suite";

// What the main process asks of a worker, and what it gets.

/** A test file, as the unchanged contracts showed it. */
export interface TestFile {
  /** Relative to the project. */
  path: string;
  /** Fully qualified names of the contracts that it was seen to read. */
  reads: string[];
  ms: number;
}

export interface Trial {
  change: Change;
  /** Names of the contracts that may change. */
  affected: string[];
  /** Test files, the most promising first. */
  tests: TestFile[];
}

/**
 * killed: a test failed. survived: none did. equivalent: the same code. invalid: does not compile.
 * unjudged: the check itself broke over it, twice.
 */
export type Outcome = "killed" | "survived" | "equivalent" | "invalid" | "unjudged";

/** What became of a mutant. */
export interface Verdict {
  outcome: Outcome;
  /** What killed it, or the compiler's complaint. */
  by?: Partial<Failure> & { file?: string };
  compileMs: number;
  testMs: number;
}

/** Code of the unchanged contracts, by name; in a file that the workers share. */
export type Baseline = Record<string, Code>;

export interface Traced {
  files: TestFile[];
  failures: (Failure & { file: string })[];
  /** Project files that the tests load, relative to the project. */
  modules: string[];
}

export type Request =
  { kind: "compile"; target: string } | { kind: "trace" } | { kind: "try"; trial: Trial };

/** What a worker finds in the folder that it is started with. */
export const FILES = { plan: "plan.json", baseline: "baseline.json" } as const;
