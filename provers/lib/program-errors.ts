/** What a program's exit code tells the operator that ran it. */
export enum ExitCode {
  ok = 0,
  /** Failed here; another attempt, here or elsewhere, may succeed. */
  failed = 1,
  /** The command line is wrong. */
  usage = 2,
  /** The inputs are malformed or unprovable; no retry can help. */
  refused = 3,
}

/** The inputs are malformed or can't be proved, on any machine. */
export class InputRefused extends Error {
  override name = "InputRefused";
}

/** The command line names an unknown input, output or parameter, or misses one. */
export class UsageError extends Error {
  override name = "UsageError";
}
